// SPDX-License-Identifier: MIT
//
// main.cc - a device behind the SMMU in SystemC: a driver boots the SMMU and maps a buffer, the
// device writes to some of it, the driver finds out which pages, cleans them, and the device goes
// on.
//
//	device --upstream--> smmu --downstream--> memory
//	driver --regs------>
//
// Leaves waves in example.vcd. docs/SYSTEMC.md explains it.

#include <sv3_tlm.h>

#include <sv3/arch.h>
#include <sv3/pagetable.h>
#include <sv3/sim.h>

#include <tlm_utils/simple_initiator_socket.h>
#include <tlm_utils/simple_target_socket.h>
#include <tlm_utils/tlm_quantumkeeper.h>

#include <cstdio>
#include <cstring>
#include <iostream>

static const sv3_pa buffer = 0x40000000, tables = 0x48000000;
static const sv3_iova iova = 0x10000000;
static const uint64_t pages = 16;

static void must(int64_t rc, const char *what)
{
	if (rc < 0)
		SC_REPORT_FATAL("example", what);
}

// --- memory: 256 MiB from 0x40000000 ---

struct memory : sc_core::sc_module {
	tlm_utils::simple_target_socket<memory> socket{ "socket" };
	struct sv3_ram ram;
	struct sv3_bus bus;

	explicit memory(const sc_core::sc_module_name &name) : sc_module(name)
	{
		const struct sv3_ram_region region = { buffer, 0x10000000 };

		must(sv3_ram_init(&ram, &region, 1), "memory");
		bus = sv3_ram_bus(&ram);
		socket.register_b_transport(this, &memory::b_transport);
		socket.register_transport_dbg(this, &memory::transport_dbg);
		socket.register_get_direct_mem_ptr(this, &memory::get_direct_mem_ptr);
	}
	~memory() override
	{
		sv3_ram_fini(&ram);
	}
	unsigned int transport_dbg(tlm::tlm_generic_payload &trans)
	{
		const unsigned int length = trans.get_data_length();
		void *bytes = sv3_bus_window(&bus, trans.get_address(), length);

		if (!bytes)
			return 0;
		if (trans.is_write())
			std::memcpy(bytes, trans.get_data_ptr(), length);
		else
			std::memcpy(trans.get_data_ptr(), bytes, length);
		return length;
	}
	void b_transport(tlm::tlm_generic_payload &trans, sc_core::sc_time &delay)
	{
		delay += sc_core::sc_time(50, sc_core::SC_NS);
		trans.set_dmi_allowed(true);
		trans.set_response_status(transport_dbg(trans) ? tlm::TLM_OK_RESPONSE
							       : tlm::TLM_ADDRESS_ERROR_RESPONSE);
	}
	bool get_direct_mem_ptr(tlm::tlm_generic_payload &, tlm::tlm_dmi &dmi)
	{
		dmi.set_dmi_ptr(ram.host[0]);
		dmi.set_start_address(buffer);
		dmi.set_end_address(buffer + 0x0fffffff);
		dmi.allow_read_write();
		return true;
	}
};

// --- the device: writes 64 bytes to each page of a list, ahead of the kernel by a quantum ---

struct device : sc_core::sc_module {
	tlm_utils::simple_initiator_socket<device> socket{ "socket" };

	explicit device(const sc_core::sc_module_name &name) : sc_module(name)
	{
	}
	void write(std::initializer_list<uint64_t> list)
	{
		tlm_utils::tlm_quantumkeeper keeper;
		tlm::tlm_generic_payload trans;
		sv3::smmu_extension extension;
		unsigned char bytes[64] = { 1 };
		sc_core::sc_time delay;

		keeper.reset();
		extension.stream_id = 1;
		trans.set_extension(&extension);
		trans.set_write();
		trans.set_data_ptr(bytes);
		trans.set_data_length(sizeof(bytes));
		trans.set_streaming_width(sizeof(bytes));
		for (uint64_t page : list) {
			trans.set_address(iova + page * 4096);
			trans.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
			delay = keeper.get_local_time();
			socket->b_transport(trans, delay);
			keeper.set_and_sync(delay);
		}
		keeper.sync();
		trans.clear_extension(&extension);
	}
};

// --- the driver: what an operating system does, by the functions of pagetable.h ---

struct driver : sc_core::sc_module {
	tlm_utils::simple_initiator_socket<driver> socket{ "socket" };
	sc_core::sc_in<bool> interrupt{ "interrupt" };
	memory &ram;
	device &dma;
	struct sv3_cmdq cmdq;
	struct sv3_pt_pages table_pages = { tables + 0x100000, tables + 0x1000000, 0, 0 };
	struct sv3_pt table;

	SC_HAS_PROCESS(driver);
	driver(const sc_core::sc_module_name &name, memory &m, device &d)
	    : sc_module(name), ram(m), dma(d)
	{
		SC_THREAD(run);
		SC_METHOD(interrupted);
		dont_initialize();
		sensitive << interrupt.pos();
	}

	uint64_t access(tlm::tlm_command command, uint32_t offset, uint32_t size, uint64_t value)
	{
		tlm::tlm_generic_payload trans;
		sc_core::sc_time delay;

		trans.set_command(command);
		trans.set_address(offset);
		trans.set_data_ptr(reinterpret_cast<unsigned char *>(&value));
		trans.set_data_length(size);
		trans.set_streaming_width(size);
		socket->b_transport(trans, delay);
		sc_core::wait(delay);
		return value;
	}
	static uint64_t read(void *context, uint32_t offset, uint32_t size)
	{
		return static_cast<driver *>(context)->access(tlm::TLM_READ_COMMAND, offset, size,
							      0);
	}
	static void write(void *context, uint32_t offset, uint32_t size, uint64_t value)
	{
		static_cast<driver *>(context)->access(tlm::TLM_WRITE_COMMAND, offset, size, value);
	}
	static bool poll(void *)
	{
		sc_core::wait(sc_core::sc_time(100, sc_core::SC_NS));
		return true;
	}

	void boot()
	{
		static const struct sv3_regport_ops ops = { read, write, poll };
		const struct sv3_regport regs = { &ops, this };
		struct sv3_strtab strtab;
		struct sv3_pt_config pt_config = {};
		struct sv3_cd_config cd_config = {};
		uint64_t ste[8], cd[8];

		pt_config.granule_lg2 = cd_config.granule_lg2 = 12;
		pt_config.input_size_lg2 = cd_config.input_size_lg2 = 48;
		pt_config.dbm = cd_config.ha = cd_config.hd = true; // hardware tracks dirty pages
		must(sv3_pt_init(&table, &ram.bus, &table_pages, &pt_config), "table");
		cd_config.ttb = table.root;
		cd_config.output_size_lg2 = 48;
		cd_config.asid = 1;
		cd_config.record = cd_config.abort = true;
		must(sv3_cd_make(cd, &cd_config), "CD");
		must(sv3_cd_write(&ram.bus, tables + 0x30000, 0, cd), "CD");
		must(sv3_strtab_init(&strtab, &ram.bus, tables + 0x20000, tables + 0x30000, 8, 0),
		     "stream table");
		sv3_ste_make_s1(ste, tables + 0x30000, 0);
		must(sv3_strtab_write(&strtab, 1, ste), "STE");
		must(sv3_cmdq_init(&cmdq, &ram.bus, &regs, tables, 8), "command queue");
		write(this, SV3_REG_STRTAB_BASE, 8, sv3_strtab_base(&strtab));
		write(this, SV3_REG_STRTAB_BASE_CFG, 4, sv3_strtab_base_cfg(&strtab));
		write(this, SV3_REG_EVENTQ_BASE, 8, (tables + 0x10000) | 6);
		write(this, SV3_REG_IRQ_CTRL, 4, SV3_IRQ_CTRL_EVENTQ);
		write(this, SV3_REG_CR0, 4, SV3_CR0_SMMUEN | SV3_CR0_EVENTQEN | SV3_CR0_CMDQEN);
	}

	// Which pages were written since the last time? Cleared, TLBI, SYNC: then they may be
	// copied.
	void collect()
	{
		uint64_t word = 0;
		struct sv3_dirty_log log = { &word, pages, buffer };
		struct sv3_pt_gather gather;

		sv3_pt_gather_init(&gather);
		must(sv3_dirty_scan_all(&table, iova, pages * 4096, SV3_DIRTY_CLEAR, &log, &gather),
		     "scan");
		must(sv3_cmdq_flush_gather(&cmdq, 1, 12, &gather, SV3_FLUSH_RANGE), "TLBI");
		must(sv3_cmdq_sync(&cmdq), "SYNC");
		printf("%-9s dirty pages 0x%04llx\n", sc_core::sc_time_stamp().to_string().c_str(),
		       static_cast<unsigned long long>(word));
	}

	void interrupted()
	{
		printf("%-9s interrupt: the event queue is not empty\n",
		       sc_core::sc_time_stamp().to_string().c_str());
	}

	void run()
	{
		boot();
		must(sv3_pt_map(&table, iova, buffer, pages * 4096, 12,
				SV3_PT_READ | SV3_PT_WRITE | SV3_PT_UNPRIV),
		     "map");
		dma.write({ 1, 2, 3, 2, 1 });
		collect();
		dma.write({ 2, 9 });
		collect();
		collect();         // nothing since
		dma.write({ 20 }); // not mapped
		sc_core::wait(sc_core::sc_time(1, sc_core::SC_US));
		sc_core::sc_stop();
	}
};

int sc_main(int, char **)
{
	sc_core::sc_report_handler::set_actions("/OSCI/SystemC", sc_core::SC_DO_NOTHING);
	sc_core::sc_report_handler::set_actions("(I702) default timescale unit used for tracing",
						sc_core::SC_DO_NOTHING);
	tlm::tlm_global_quantum::instance().set(sc_core::sc_time(1, sc_core::SC_US));
	sv3::smmu_parameters parameters("linux");

	parameters.config.idr0 &= ~static_cast<uint32_t>(SV3_IDR0_MSI); // wires
	sv3::smmu smmu("smmu", parameters);
	memory ram("ram");
	device dma("dma");
	driver software("driver", ram, dma);
	sc_core::sc_signal<bool> interrupt("interrupt");

	dma.socket.bind(smmu.upstream);
	smmu.downstream.bind(ram.socket);
	software.socket.bind(smmu.regs);
	smmu.irq_eventq(interrupt);
	software.interrupt(interrupt);
	smmu.trace_text(&std::cout);
	sc_core::sc_trace_file *waves = sc_core::sc_create_vcd_trace_file("example");

	smmu.trace(waves);
	sc_core::sc_trace(waves, interrupt, "interrupt");
	setvbuf(stdout, nullptr, _IONBF, 0);
	sc_core::sc_start();
	sc_core::sc_close_vcd_trace_file(waves);
	std::cout << smmu.stats().tlb_hits << " TLB hits, " << smmu.stats().httu_dirty
		  << " pages made dirty, " << smmu.stats().faults << " fault\n";
	return 0;
}
