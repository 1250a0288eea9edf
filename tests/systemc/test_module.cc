// SPDX-License-Identifier: MIT
//
// test_module.cc - ports, registers, wires, reset, parameters, extensions, reports and traces.

#include "machine.h"

#include <sv3_tlm_adapters.h>

#include <fstream>
#include <sstream>

constexpr uint64_t iova = 0x10000000;

// --- ports (1, 2) ---

// Three initiators; without an extension each is known by its port.
SC_TEST(ports_have_streams)
{
	machine_options o;

	o.ports = 3;
	o.smmu.port_stream_ids = { 2, 0 };
	machine m(o);

	m.run([&] {
		const uint32_t streams[] = { 2, 0, 2 };

		for (uint32_t stream = 0; stream < 3; stream++)
			m.software.map(stream, iova, data_base + stream * 0x1000, 0x1000);
		for (uint32_t port = 0; port < 3; port++) {
			m.device(port).has_extension = false;
			EXPECT_EQ(m.device(port).write32(iova + port * 4, port + 1),
				  tlm::TLM_OK_RESPONSE);
			EXPECT_EQ(*m.ram.at(data_base + streams[port] * 0x1000 + port * 4),
				  port + 1);
		}
	});
}

// A link for each port, and one for walks; wider buses.
SC_TEST(ports_have_links)
{
	sv3::basic_smmu<64> smmu("smmu");
	struct target : sc_core::sc_module {
		tlm_utils::simple_target_socket<target, 64> socket{ "socket" };
		uint64_t count = 0;

		explicit target(const sc_core::sc_module_name &n) : sc_module(n)
		{
			socket.register_b_transport(this, &target::b_transport);
		}
		void b_transport(tlm::tlm_generic_payload &trans, sc_core::sc_time &)
		{
			count++;
			trans.set_response_status(tlm::TLM_OK_RESPONSE);
		}
	} data0("data0"), data1("data1"), walks("walks");
	struct sources : sc_core::sc_module {
		tlm_utils::simple_initiator_socket<sources, 64> device0{ "device0" },
			device1{ "device1" };
		tlm_utils::simple_initiator_socket<sources, 32> cpu{ "cpu" };

		explicit sources(const sc_core::sc_module_name &n) : sc_module(n)
		{
		}
	} from("from");

	from.device0.bind(smmu.upstream);
	from.device1.bind(smmu.upstream);
	smmu.downstream.bind(data0.socket);
	smmu.downstream.bind(data1.socket);
	smmu.walk.bind(walks.socket);
	from.cpu.bind(smmu.regs);
	sc_core::sc_spawn([&] {
		tlm::tlm_generic_payload trans;
		unsigned char bytes[8] = { 1 };
		sc_core::sc_time delay;

		trans.set_data_ptr(bytes);
		trans.set_data_length(4);
		trans.set_streaming_width(4);
		trans.set_read();
		trans.set_address(0x1234); // SMMUEN = 0: bypass
		from.device1->b_transport(trans, delay);
		EXPECT_EQ(data1.count, 1u);
		EXPECT_EQ(data0.count, 0u);
		trans.set_write();
		trans.set_address(SV3_REG_CR0);
		from.cpu->b_transport(trans, delay); // SMMUEN = 1, an empty Stream table
		trans.set_address(0x1234);
		from.device0->b_transport(trans, delay);
		EXPECT_EQ(data0.count, 0u);
		sc_core::sc_stop();
	});
	sc_core::sc_start();
}

// --- registers (2) ---

SC_TEST(registers_by_32_and_64_bits)
{
	machine m;

	m.run([&] {
		uint32_t word = 0;
		uint64_t both;

		EXPECT_EQ(m.reg(SV3_REG_IDR0), m.options.smmu.config.idr0);
		EXPECT_EQ(m.reg(SV3_REG_STRTAB_BASE, 8) >> 32 << 32 | m.reg(SV3_REG_STRTAB_BASE),
			  m.reg(SV3_REG_STRTAB_BASE, 8));
		// PROD and CONS as one.
		both = m.reg(SV3_REG_CMDQ_PROD, 8);
		EXPECT_EQ(both, m.reg(SV3_REG_CMDQ_PROD) | m.reg(SV3_REG_CMDQ_CONS) << 32);
		EXPECT_NE(both, 0u);
		EXPECT_EQ(m.reg_access(false, SV3_REG_IDR0 + 2, &word, 4),
			  tlm::TLM_ADDRESS_ERROR_RESPONSE);
		EXPECT_EQ(m.reg_access(false, SV3_REG_SPAN_BYTES, &word, 4),
			  tlm::TLM_ADDRESS_ERROR_RESPONSE);
		EXPECT_EQ(m.reg_access(false, SV3_REG_IDR0, &word, 2),
			  tlm::TLM_BURST_ERROR_RESPONSE);
	});
}

// A debugger reads what is there, and changes nothing: not even the countdown of an acknowledge.
SC_TEST(register_debug_only_looks)
{
	machine_options o;

	o.smmu.config.ack_delay = 4;
	o.boots = false;
	machine m(o);

	m.run([&] {
		tlm::tlm_generic_payload trans;
		uint32_t values[2] = {};
		uint64_t hash;

		m.set_reg(SV3_REG_IRQ_CTRL, 1);
		hash = sv3_smmu_hash(m.smmu.core());
		trans.set_read();
		trans.set_data_ptr(reinterpret_cast<unsigned char *>(values));
		trans.set_data_length(8);
		trans.set_address(SV3_REG_IRQ_CTRL);
		for (int i = 0; i < 8; i++)
			EXPECT_EQ(m.debug_registers(trans), 8u);
		EXPECT_EQ(values[0], 1u); // IRQ_CTRL
		EXPECT_EQ(values[1], 0u); // IRQ_CTRLACK, not yet
		EXPECT_EQ(sv3_smmu_hash(m.smmu.core()), hash);
		trans.set_write();
		EXPECT_EQ(m.debug_registers(trans), 0u);
	});
}

// --- interrupts (3) ---

SC_TEST(wires_pulse_once_an_interrupt)
{
	machine_options o;

	o.smmu.config.idr0 &= ~static_cast<uint32_t>(SV3_IDR0_MSI);
	machine m(o);

	m.run([&] {
		const uint64_t sync_with_irq = UINT64_C(0x46) | UINT64_C(1) << 12; // CS = SIG_IRQ

		for (unsigned int i = 0; i < 3; i++) {
			struct sv3_fault_record record;

			m.device().write32(iova, 1); // F_TRANSLATION
			m.settle();
			EXPECT_TRUE(m.software.take_event(&record));
		}
		EXPECT_EQ(m.edges[0], 3u);
		ASSERT_EQ(sv3_cmdq_push(&m.software.cmdq, sync_with_irq, 0), 0);
		m.software.sync();
		m.settle();
		EXPECT_EQ(m.edges[2], 1u);
		ASSERT_EQ(sv3_cmdq_push(&m.software.cmdq, 0xff, 0), 0); // no such command
		sv3_cmdq_ring(&m.software.cmdq);
		m.settle();
		EXPECT_EQ(m.edges[3], 1u);
		EXPECT_EQ(m.edges[5], 5u); // combined: of all
		EXPECT_EQ(m.edges[1] + m.edges[4], 0u);
	});
}

SC_TEST(msi_is_a_write)
{
	machine_options o;

	o.boots = false;
	machine m(o);

	m.run([&] {
		m.set_reg(SV3_REG_EVENTQ_IRQ_CFG0, msi_page, 8);
		m.set_reg(SV3_REG_EVENTQ_IRQ_CFG1, 0x77);
		m.software.boot(m.ram.bus(), m.registers());
		m.software.add_stream(0);
		m.device().write32(iova, 1);
		m.settle();
		EXPECT_EQ(*m.ram.at(msi_page), 0x77);
		EXPECT_EQ(m.edges[0], 0u); // the wire stays
	});
}

// --- clock and reset (4) ---

SC_TEST(reset_ends_everything)
{
	machine_options o;

	o.driver.stall = true;
	o.ports = 2;
	machine m(o);

	m.run([&] {
		unsigned int ended = 0;
		uint32_t word = 0;

		m.spawn([&] { // stalls
			EXPECT_EQ(m.device().write32(iova, 1), tlm::TLM_GENERIC_ERROR_RESPONSE);
			ended++;
		});
		m.device(1).submit(true, iova, &word, 4);
		m.settle();
		EXPECT_EQ(ended, 0u);
		EXPECT_EQ(m.device(1).pending(), 1u);
		m.reset.write(true);
		m.device(1).wait_done();
		m.settle();
		EXPECT_EQ(ended, 1u);
		EXPECT_EQ(m.smmu.counters().resets, 1u);
		EXPECT_EQ(m.reg(SV3_REG_CR0), 0u);
		m.reset.write(false);
		m.settle();
		// It can be booted again.
		m.software.boot(m.ram.bus(), m.registers());
		m.software.add_stream(0);
		m.software.map(0, iova, data_base, 0x1000);
		EXPECT_EQ(m.device().write32(iova, 1), tlm::TLM_OK_RESPONSE);
	});
}

// Reset while accesses wait for memory, in both interfaces.
SC_TEST(reset_in_the_middle_of_a_walk)
{
	machine_options o;

	o.memory.waits = true;
	o.ports = 2;
	machine m(o);

	m.run([&] {
		unsigned int ended = 0;
		uint32_t word = 0;

		m.software.map(0, iova, data_base, 0x1000);
		m.software.map(1, iova, data_base, 0x1000);
		m.spawn([&] {
			EXPECT_EQ(m.device().write32(iova, 1), tlm::TLM_GENERIC_ERROR_RESPONSE);
			ended++;
		});
		initiator::sent &s = m.device(1).submit(true, iova, &word, 4);

		sc_core::wait(ns(50));
		m.reset.write(true);
		m.device(1).wait_done();
		m.settle();
		EXPECT_EQ(s.get_response_status(), tlm::TLM_GENERIC_ERROR_RESPONSE);
		EXPECT_EQ(ended, 1u);
	});
}

// --- extensions (5) ---

struct fake_genattr : tlm::tlm_extension<fake_genattr> {
	uint64_t master_id = 0;
	bool secure = false;

	uint64_t get_master_id() const
	{
		return master_id;
	}
	bool get_secure() const
	{
		return secure;
	}
	tlm_extension_base *clone() const override
	{
		return new fake_genattr(*this);
	}
	void copy_from(const tlm_extension_base &other) override
	{
		*this = static_cast<const fake_genattr &>(other);
	}
};

struct fake_sbi : tlm::tlm_extension<fake_sbi> {
	uint64_t cpuid = 0, asid = 0, privilege = 0, atype = 0;
	bool is_insn = false;

	tlm_extension_base *clone() const override
	{
		return new fake_sbi(*this);
	}
	void copy_from(const tlm_extension_base &other) override
	{
		*this = static_cast<const fake_sbi &>(other);
	}
};

SC_TEST(adapters_read_other_extensions)
{
	machine m;

	m.smmu.add_adapter(sv3::adapt_genattr<fake_genattr>);
	m.smmu.add_adapter(sv3::adapt_sbi<fake_sbi>);
	m.run([&] {
		tlm::tlm_generic_payload trans;
		fake_genattr genattr;
		fake_sbi sbi;
		sc_core::sc_time delay;
		uint32_t word = 7;

		m.software.add_stream(5);
		m.software.add_stream(6);
		m.software.map(5, iova, data_base + 0x5000, 0x1000);
		m.software.map(6, iova, data_base + 0x6000, 0x1000);
		genattr.master_id = 5;
		sbi.cpuid = 6;
		m.device().prepare(trans, true, iova, &word, 4);
		trans.set_extension(&genattr);
		m.device().socket->b_transport(trans, delay);
		EXPECT_EQ(*m.ram.at(data_base + 0x5000), 7);
		trans.clear_extension(&genattr);
		trans.set_extension(&sbi);
		trans.set_dmi_allowed(false);
		trans.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
		m.device().socket->b_transport(trans, delay);
		EXPECT_EQ(*m.ram.at(data_base + 0x6000), 7);
		trans.clear_extension(&sbi);
		genattr.secure = true; // not modelled: refused
		trans.set_extension(&genattr);
		trans.set_dmi_allowed(false);
		trans.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
		m.device().socket->b_transport(trans, delay);
		EXPECT_EQ(trans.get_response_status(), tlm::TLM_ADDRESS_ERROR_RESPONSE);
		trans.clear_extension(&genattr);
	});
}

SC_TEST(extension_clones_and_copies)
{
	tlm::tlm_generic_payload from, to;
	sv3::smmu_extension extension;

	extension.stream_id = 7;
	extension.substream_id = 3;
	extension.substream_valid = extension.privileged = extension.instruction = true;
	extension.kind = sv3::request_kind::translated_access;
	from.set_extension(&extension);
	to.deep_copy_from(from);
	sv3::smmu_extension *copy = to.get_extension<sv3::smmu_extension>();

	ASSERT_NE(copy, nullptr);
	ASSERT_NE(copy, &extension);
	EXPECT_EQ(copy->stream_id, 7u);
	EXPECT_EQ(copy->substream_id, 3u);
	EXPECT_TRUE(copy->substream_valid && copy->privileged && copy->instruction);
	EXPECT_EQ(copy->kind, sv3::request_kind::translated_access);
	copy->result.pa = 0x99;
	from.update_extensions_from(to);
	EXPECT_EQ(extension.result.pa, 0x99u);
	from.clear_extension(&extension);
}

// Privileged and unprivileged, with and without a SubstreamID.
SC_TEST(extension_decides)
{
	machine m;

	m.run([&] {
		initiator &d = m.device();
		uint32_t value;

		m.software.map(0, iova, data_base, 0x1000, SV3_PT_READ | SV3_PT_WRITE);
		EXPECT_EQ(d.read32(iova, &value), tlm::TLM_ADDRESS_ERROR_RESPONSE);
		EXPECT_EQ(d.result.event, SV3_EVENT_F_PERMISSION);
		d.who.privileged = true;
		EXPECT_EQ(d.read32(iova, &value), tlm::TLM_OK_RESPONSE);
		d.who.substream_valid = true;
		d.who.substream_id = 3; // this stream has none
		EXPECT_EQ(d.read32(iova, &value), tlm::TLM_ADDRESS_ERROR_RESPONSE);
		EXPECT_EQ(d.result.event, SV3_EVENT_C_BAD_SUBSTREAMID);
	});
}

// --- parameters (12) ---

SC_TEST(parameters_are_the_configuration)
{
	struct sv3_smmu_config config;

	sv3_smmu_config_default(&config);
	config.idr5 = (config.idr5 & ~7u) | 2u; // OAS 40
	config.tlb_entries = 4;
	config.tlb_ways = 1;
	sv3::smmu smmu("smmu", config);

	EXPECT_EQ(sv3_smmu_config(smmu.core())->idr5 & 7, 2u);
	EXPECT_EQ(sv3_smmu_config(smmu.core())->tlb_entries, 4u);
	EXPECT_EQ(sv3_smmu_reg_peek(smmu.core(), SV3_REG_IDR5, 4), config.idr5);
	EXPECT_EQ(sv3::smmu_parameters("mmu-600").config.idr0, 0x080f7e1bu);
}

SC_TEST(parameters_from_a_device_tree)
{
	struct sv3_platform platform;
	struct sv3_platform_error error;

	ASSERT_EQ(sv3_platform_load("tests/data/platforms/devices.dts", &platform, &error), 0)
		<< error.text;
	const sv3::smmu_parameters parameters(platform, 0);
	sv3::smmu smmu("smmu", parameters);

	EXPECT_EQ(sv3_smmu_config(smmu.core())->tlb_entries, 512u);
	ASSERT_EQ(parameters.port_stream_ids.size(), platform.master_count);
	EXPECT_EQ(parameters.port_stream_ids[0], 0x20000u);
	sv3_platform_free(&platform);
}

static std::vector<std::pair<std::string, sc_core::sc_severity>> reported;

static void note_report(const sc_core::sc_report &report, const sc_core::sc_actions &)
{
	reported.emplace_back(report.get_msg_type(), report.get_severity());
}

static bool was_reported(const char *id, sc_core::sc_severity severity)
{
	for (const auto &r : reported) {
		if (r.first == id && r.second == severity)
			return true;
	}
	return false;
}

SC_TEST(impossible_parameters_are_fatal)
{
	struct sv3_smmu_config config;

	sv3_smmu_config_default(&config);
	config.slot_count = 0;
	sc_core::sc_report_handler::set_actions(sc_core::SC_FATAL, sc_core::SC_THROW);
	EXPECT_THROW(sv3::smmu("smmu", config), sc_core::sc_report);
	EXPECT_THROW(sv3::smmu_parameters("no such"), sc_core::sc_report);
}

SC_TEST(latencies_are_parameters)
{
	machine_options o;

	o.smmu.timing.clock = ns(10);
	o.smmu.timing.tlb_lookup_cycles = 5;
	o.smmu.timing.unit_cycles[SV3_UNIT_S1_L3] = 100;
	machine m(o);

	m.run([&] {
		uint32_t value;

		m.software.map(0, iova, data_base, 0x1000);
		m.device().read32(iova, &value);
		EXPECT_GE(m.device().delay, ns(1000 + 50));
		m.device().delay = sc_core::SC_ZERO_TIME;
		m.device().read32(iova, &value);
		EXPECT_EQ(m.device().delay, ns(50 + 20));
	});
}

SC_TEST(latencies_of_a_table)
{
	struct sv3_timing table;
	machine_options o;

	sv3_timing_default(&table);
	table.clock_mhz = 500;
	table.tbu_utlb_cycles = 7;
	table.tcu_step_cycles = 50;
	o.smmu.timing = sv3::smmu_timing(table);
	machine m(o);

	m.run([&] {
		uint32_t value;

		m.software.map(0, iova, data_base, 0x1000);
		m.device().read32(iova, &value);
		EXPECT_GE(m.device().delay, ns(2 * (7 + 50)));
		m.device().delay = sc_core::SC_ZERO_TIME;
		m.device().read32(iova, &value);
		EXPECT_EQ(m.device().delay, ns(2 * 7 + 20));
	});
}

// --- reports (13) ---

SC_TEST(reports_have_ids)
{
	machine m;

	sc_core::sc_report_handler::set_handler(note_report);
	sc_core::sc_report_handler::set_verbosity_level(sc_core::SC_HIGH);
	m.run([&] {
		m.device().write32(iova, 1);
		EXPECT_TRUE(was_reported(sv3::report_fault, sc_core::SC_INFO));
		EXPECT_FALSE(was_reported(sv3::report_configuration, sc_core::SC_WARNING));
		m.device().who.stream_id = 9; // an STE that is not valid
		m.device().write32(iova, 1);
		EXPECT_TRUE(was_reported(sv3::report_configuration, sc_core::SC_WARNING));
		ASSERT_EQ(sv3_cmdq_push(&m.software.cmdq, 0xff, 0), 0);
		sv3_cmdq_ring(&m.software.cmdq);
		m.settle();
		EXPECT_TRUE(was_reported(sv3::report_command, sc_core::SC_WARNING));
	});
}

// --- traces (14) ---

SC_TEST(text_has_a_line_an_access)
{
	machine m;
	std::ostringstream out;

	m.smmu.trace_text(&out);
	m.run([&] {
		uint32_t word = 0xaabbccdd;

		m.software.map(0, iova, data_base, 0x1000);
		m.device().write32(iova + 4, word);
		m.device().read32(iova + 4, &word);
		m.device().read32(iova + 0x1000, &word);
		m.device().submit(false, iova + 4, &word, 4);
		m.device().wait_done();
	});
	const std::string text = out.str();

	EXPECT_EQ(std::count(text.begin(), text.end(), '\n'), 4) << text;
	EXPECT_NE(text.find("smmu LT port=0 sid=0x0 W 0x10000004 len=4 pa=0x40000004 OK dirty "
			    "data=ddccbbaa"),
		  std::string::npos)
		<< text;
	EXPECT_NE(text.find("R 0x10000004 len=4 pa=0x40000004 OK hit data=ddccbbaa"),
		  std::string::npos)
		<< text;
	EXPECT_NE(text.find("R 0x10001000 len=4 ABORT F_TRANSLATION"), std::string::npos) << text;
	EXPECT_NE(text.find("smmu AT port=0"), std::string::npos) << text;
}

SC_TEST(waves_show_levels)
{
	const char *const folder = getenv("SV3_TMP");
	const std::string path = std::string(folder ? folder : "/tmp") + "/systemc-waves";
	std::string text;

	{
		machine m;
		sc_core::sc_trace_file *file = sc_core::sc_create_vcd_trace_file(path.c_str());

		m.smmu.trace(file);
		m.run([&] {
			for (unsigned int i = 0; i < 3; i++) {
				m.device().write32(iova, 1);
				m.settle();
			}
		});
		sc_core::sc_close_vcd_trace_file(file);
	}
	std::ifstream in(path + ".vcd");
	std::stringstream all;

	all << in.rdbuf();
	text = all.str();
	for (const char *name : { "cmdq_level", "eventq_level", "priq_level", "slots_used",
				  "tlb_hits", "tlb_misses", "httu_updates" })
		EXPECT_NE(text.find(name), std::string::npos) << name;
	EXPECT_NE(text.find("b11 "), std::string::npos) << "three records in the event queue";
	remove((path + ".vcd").c_str());
}
