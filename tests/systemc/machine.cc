// SPDX-License-Identifier: MIT
//
// machine.cc - initiators, the SMMU, memory and a driver.

#include "machine.h"

#include <sys/wait.h>
#include <unistd.h>

#include <cstring>

// --- a kernel for each test ---

static void (*body_of_process)();

int sc_main(int, char **)
{
	body_of_process();
	return 0;
}

void run_in_own_process(void (*body)())
{
	static char name[] = "systemc";
	char *arguments[] = { name, nullptr };
	int status = 0;

	fflush(nullptr);
	const pid_t pid = fork();

	if (pid == 0) {
		body_of_process = body;
		const int rc = sc_core::sc_elab_and_sim(1, arguments);

		fflush(nullptr);
		_exit(rc != 0 || testing::Test::HasFailure());
	}
	waitpid(pid, &status, 0);
	EXPECT_EQ(status, 0) << "the test's process failed, see above";
}

int main(int argc, char **argv)
{
	setenv("SC_COPYRIGHT_MESSAGE", "DISABLE", 1);
	testing::InitGoogleTest(&argc, argv);
	return RUN_ALL_TESTS();
}

// --- initiator ---

initiator::initiator(const sc_core::sc_module_name &module_name)
    : sc_module(module_name), socket("socket"), queue_("queue", this, &initiator::end_resp)
{
	socket.register_nb_transport_bw(this, &initiator::nb_transport_bw);
	socket.register_invalidate_direct_mem_ptr(this, &initiator::invalidate_direct_mem_ptr);
}

// Extensions are members: they must not be freed with their payloads.
initiator::~initiator()
{
	for (auto &s : sent_)
		s->clear_extension(&s->extension);
}

void initiator::prepare(tlm::tlm_generic_payload &trans, bool write, uint64_t iova, void *data,
			unsigned int length)
{
	trans.set_command(write ? tlm::TLM_WRITE_COMMAND : tlm::TLM_READ_COMMAND);
	trans.set_address(iova);
	trans.set_data_ptr(static_cast<unsigned char *>(data));
	trans.set_data_length(length);
	trans.set_streaming_width(length);
	trans.set_byte_enable_ptr(nullptr);
	trans.set_dmi_allowed(false);
	trans.set_response_status(tlm::TLM_INCOMPLETE_RESPONSE);
}

void initiator::send(tlm::tlm_generic_payload &trans)
{
	sv3::smmu_extension extension;

	static_cast<sv3::smmu_attributes &>(extension) = who;
	if (has_extension)
		trans.set_extension(&extension);
	socket->b_transport(trans, delay);
	trans.clear_extension(&extension);
	result = extension.result;
	who.result = extension.result;
}

tlm::tlm_response_status initiator::access(bool write, uint64_t iova, void *data,
					   unsigned int length)
{
	tlm::tlm_generic_payload trans;

	prepare(trans, write, iova, data, length);
	send(trans);
	EXPECT_EQ(trans.get_address(), iova) << "the address is restored";
	return trans.get_response_status();
}

tlm::tlm_response_status initiator::write32(uint64_t iova, uint32_t value)
{
	return access(true, iova, &value, 4);
}

tlm::tlm_response_status initiator::read32(uint64_t iova, uint32_t *value)
{
	return access(false, iova, value, 4);
}

unsigned int initiator::debug_read(uint64_t iova, void *data, unsigned int length)
{
	tlm::tlm_generic_payload trans;
	sv3::smmu_extension extension;

	static_cast<sv3::smmu_attributes &>(extension) = who;
	prepare(trans, false, iova, data, length);
	trans.set_extension(&extension);
	const unsigned int moved = socket->transport_dbg(trans);

	trans.clear_extension(&extension);
	return moved;
}

bool initiator::dmi(bool write, uint64_t iova, tlm::tlm_dmi *region)
{
	tlm::tlm_generic_payload trans;
	sv3::smmu_extension extension;

	static_cast<sv3::smmu_attributes &>(extension) = who;
	prepare(trans, write, iova, nullptr, 0);
	trans.set_extension(&extension);
	region->init();
	const bool granted = socket->get_direct_mem_ptr(trans, *region);

	trans.clear_extension(&extension);
	return granted;
}

void initiator::invalidate_direct_mem_ptr(sc_dt::uint64 start, sc_dt::uint64 end)
{
	invalidated.emplace_back(start, end);
}

// --- approximately timed ---

void initiator::manager::free(tlm::tlm_generic_payload *)
{
	freed++;
}

initiator::sent &initiator::submit(bool write, uint64_t iova, void *data, unsigned int length)
{
	tlm::tlm_phase phase = tlm::BEGIN_REQ;
	sc_core::sc_time now;

	wait_accepted();
	sent_.push_back(std::make_unique<sent>());
	sent &s = *sent_.back();

	static_cast<sv3::smmu_attributes &>(s.extension) = who;
	s.set_mm(&manager_);
	s.acquire();
	prepare(s, write, iova, data, length);
	if (has_extension)
		s.set_extension(&s.extension);
	s.begin = sc_core::sc_time_stamp();
	submitted_++;
	requesting_ = &s;
	switch (socket->nb_transport_fw(s, phase, now)) {
	case tlm::TLM_ACCEPTED:
		break;
	case tlm::TLM_UPDATED:
		requesting_ = nullptr;
		if (phase == tlm::BEGIN_RESP)
			queue_.notify(s, tlm::END_RESP, now);
		break;
	case tlm::TLM_COMPLETED:
		requesting_ = nullptr;
		done(s);
		break;
	}
	return s;
}

tlm::tlm_sync_enum initiator::nb_transport_bw(tlm::tlm_generic_payload &trans,
					      tlm::tlm_phase &phase, sc_core::sc_time &)
{
	sent &s = static_cast<sent &>(trans);

	if (requesting_ == &s) {
		requesting_ = nullptr;
		s.accepted = sc_core::sc_time_stamp();
		changed_.notify(sc_core::SC_ZERO_TIME);
	}
	if (phase != tlm::BEGIN_RESP)
		return tlm::TLM_ACCEPTED;
	if (!completes_responses) {
		queue_.notify(trans, tlm::END_RESP, ns(3));
		return tlm::TLM_ACCEPTED;
	}
	done(s);
	return tlm::TLM_COMPLETED;
}

void initiator::end_resp(tlm::tlm_generic_payload &trans, const tlm::tlm_phase &due)
{
	tlm::tlm_phase phase = due;
	sc_core::sc_time now;

	socket->nb_transport_fw(trans, phase, now);
	done(static_cast<sent &>(trans));
}

void initiator::done(sent &s)
{
	s.end = sc_core::sc_time_stamp();
	s.is_done = true;
	done_++;
	s.release();
	changed_.notify(sc_core::SC_ZERO_TIME);
}

void initiator::wait_accepted()
{
	while (requesting_)
		sc_core::wait(changed_);
}

uint64_t initiator::pending() const
{
	return submitted_ - done_;
}

void initiator::wait_done()
{
	while (pending() > 0)
		sc_core::wait(changed_);
	sc_core::wait(ns(1)); // what was completed is released
	EXPECT_EQ(manager_.freed, submitted_) << "a reference too many or too few";
}

// --- machine ---

machine::machine(const machine_options &o)
    : options(o), reset("reset"), smmu("smmu", o.smmu), ram("ram", o.memory), cpu_("cpu")
{
	sc_core::sc_out<bool> *const wires[] = { &smmu.irq_eventq,   &smmu.irq_priq,
						 &smmu.irq_cmd_sync, &smmu.irq_gerror,
						 &smmu.irq_pmcg,     &smmu.irq_combined };

	for (unsigned int i = 0; i < 6; i++)
		wires[i]->bind(irq[i]);
	smmu.reset(reset);
	cpu_.socket.bind(smmu.regs);
	for (unsigned int i = 0; i < o.ports; i++) {
		devices.push_back(
			std::make_unique<initiator>(("device" + std::to_string(i)).c_str()));
		checkers.push_back(
			std::make_unique<checker>(("upstream" + std::to_string(i)).c_str()));
		devices[i]->socket.bind(checkers[i]->target);
		checkers[i]->initiator.bind(smmu.upstream);
		devices[i]->who.stream_id = i;
	}
	checkers.push_back(std::make_unique<checker>("downstream"));
	smmu.downstream.bind(checkers.back()->target);
	checkers.back()->initiator.bind(ram.socket);
}

initiator &machine::device(unsigned int i)
{
	return *devices[i];
}

void machine::count_edges()
{
	for (unsigned int i = 0; i < 6; i++)
		edges[i] += irq[i].posedge();
}

void machine::run(const std::function<void()> &body)
{
	sc_core::sc_spawn_options watch;

	watch.spawn_method();
	watch.dont_initialize();
	for (auto &wire : irq)
		watch.set_sensitivity(&wire.posedge_event());
	sc_core::sc_spawn([this] { count_edges(); }, "edges", &watch);
	sc_core::sc_spawn([this, &body] {
		if (options.boots) {
			software.boot(ram.bus(), registers(), options.driver);
			for (unsigned int i = 0; i < options.ports; i++)
				software.add_stream(i);
		}
		body();
		while (threads_ > 0)
			sc_core::wait(thread_ended_);
		settle();
		is_over_ = true;
		sc_core::sc_stop();
	});
	sc_core::sc_start(sc_core::sc_time(20, sc_core::SC_MS));
	EXPECT_TRUE(is_over_) << "the driver did not come to its end";
	for (const auto &c : checkers) {
		if (c->payloads > 0)
			c->expect_clean();
	}
}

void machine::spawn(const std::function<void()> &body)
{
	threads_++;
	sc_core::sc_spawn([this, body] {
		body();
		threads_--;
		thread_ended_.notify();
	});
}

void machine::settle()
{
	sc_core::wait(ns(2000));
}

tlm::tlm_response_status register_port::access(bool write, uint64_t offset, void *data,
					       unsigned int size)
{
	tlm::tlm_generic_payload trans;
	sc_core::sc_time delay;

	cpu.prepare(trans, write, offset, data, size);
	cpu.socket->b_transport(trans, delay);
	sc_core::wait(delay);
	return trans.get_response_status();
}

tlm::tlm_response_status machine::reg_access(bool write, uint64_t offset, void *data,
					     unsigned int size)
{
	return port_.access(write, offset, data, size);
}

uint64_t machine::reg(uint32_t offset, uint32_t size)
{
	uint64_t value = 0;

	EXPECT_EQ(reg_access(false, offset, &value, size), tlm::TLM_OK_RESPONSE);
	return value;
}

void machine::set_reg(uint32_t offset, uint64_t value, uint32_t size)
{
	EXPECT_EQ(reg_access(true, offset, &value, size), tlm::TLM_OK_RESPONSE);
}

static uint64_t port_read(void *context, uint32_t offset, uint32_t size)
{
	uint64_t value = 0;

	EXPECT_EQ(static_cast<register_port *>(context)->access(false, offset, &value, size),
		  tlm::TLM_OK_RESPONSE);
	return value;
}

static void port_write(void *context, uint32_t offset, uint32_t size, uint64_t value)
{
	EXPECT_EQ(static_cast<register_port *>(context)->access(true, offset, &value, size),
		  tlm::TLM_OK_RESPONSE);
}

static bool port_poll(void *)
{
	sc_core::wait(ns(100));
	return true;
}

struct sv3_regport register_port::get()
{
	static const struct sv3_regport_ops ops = { port_read, port_write, port_poll };

	return { &ops, this };
}

struct sv3_regport machine::registers()
{
	return port_.get();
}

unsigned int machine::debug_registers(tlm::tlm_generic_payload &trans)
{
	return cpu_.socket->transport_dbg(trans);
}
