//===- Machine.cpp - A device for a test --------------------------------------------------===//
#include "test/cuda-emulator/tests/Machine.h"
#include "test/cuda-emulator/Emulator.h"
#include <stdexcept>

using namespace sluice::emulator::tests;

static const std::map<std::string, std::string> defaults = {
    {"COPIES", "at-once"}, {"SEED", "0"},       {"BLOCKS", "4"}, {"INSTRUCTIONS", "1000000"},
    {"CAPABILITY", "80"},  {"DRIVER", "13000"}, {"RACES", "1"}};

static void set(const std::string &name, const std::string &value) {
  if (!sluiceEmulatorSet(("SLUICE_EMULATOR_" + name).c_str(), value.c_str()))
    throw std::runtime_error("no setting " + name + "=" + value);
}

std::string sluice::emulator::tests::nameOf(int status) {
  const char *name = nullptr;
  cuGetErrorName(status, &name);
  return name ? name : std::to_string(status);
}

void sluice::emulator::tests::check(int status) {
  if (status)
    throw std::runtime_error(nameOf(status));
}

std::string sluice::emulator::tests::findings() { return sluiceEmulatorTakeFindings(); }

Machine::Machine(const std::map<std::string, std::string> &settings) : settings(settings) {
  // Two devices, of which most tests use the first.
  set("DEVICES", "2");
  for (const auto &[name, value] : defaults)
    set(name, value);
  for (const auto &[name, value] : settings)
    set(name, value);
  check(cuInit(0));
  check(cuDeviceGet(&device, 0));
  void *context = nullptr;
  check(cuDevicePrimaryCtxRetain(&context, device));
  check(cuCtxSetCurrent(context));
  findings();
}

Machine::~Machine() {
  cuDevicePrimaryCtxRelease_v2(device);
  findings();
}

Address Machine::allocate(size_t bytes) {
  Address address = 0;
  check(cuMemAlloc_v2(&address, bytes));
  return address;
}

void Machine::write(Address address, const std::vector<uint8_t> &bytes) {
  check(cuMemcpyHtoD_v2(address, bytes.data(), bytes.size()));
}

void Machine::read(void *target, Address address, size_t bytes) { check(cuMemcpyDtoH_v2(target, address, bytes)); }

void *Machine::kernel(const std::string &ptx, const char *name) {
  char log[1024] = "";
  int options[] = {5, 6};
  void *values[] = {log, reinterpret_cast<void *>(sizeof(log))};
  void *module = nullptr, *function = nullptr;
  if (int status = cuModuleLoadDataEx(&module, ptx.c_str(), 2, options, values))
    throw std::runtime_error(nameOf(status) + ": " + log);
  check(cuModuleGetFunction(&function, module, name));
  return function;
}

void Machine::issue(void *kernel, unsigned blocks, unsigned threads, const std::vector<uint64_t> &parameters,
                    void *stream, unsigned sharedBytes) {
  std::vector<void *> addresses;
  for (const uint64_t &parameter : parameters)
    addresses.push_back(const_cast<uint64_t *>(&parameter));
  check(cuLaunchKernel(kernel, blocks, 1, 1, threads, 1, 1, sharedBytes, stream, addresses.data(), nullptr));
}

int Machine::launch(void *kernel, unsigned blocks, unsigned threads, const std::vector<uint64_t> &parameters,
                    unsigned sharedBytes, void *stream) {
  std::vector<void *> addresses;
  for (const uint64_t &parameter : parameters)
    addresses.push_back(const_cast<uint64_t *>(&parameter));
  if (int status = cuLaunchKernel(kernel, blocks, 1, 1, threads, 1, 1, sharedBytes, stream, addresses.data(), nullptr))
    return status;
  return cuCtxSynchronize();
}

void *Machine::stream() {
  void *stream = nullptr;
  check(cuStreamCreate(&stream, 1));
  return stream;
}

void *Machine::pinned(size_t bytes) {
  void *memory = nullptr;
  check(cuMemAllocHost_v2(&memory, bytes));
  return memory;
}

std::string sluice::emulator::tests::kernelText(int parameters, const std::string &body) {
  std::string text = ".version 7.0\n.target sm_80\n.address_size 64\n.visible .entry k(";
  for (int i = 0; i < parameters; ++i)
    text += (i ? ", " : "") + (".param .u64 p" + std::to_string(i));
  return text + ")\n{\n" + body + "}\n";
}

std::string sluice::emulator::tests::simpleKernel(int parameters, const std::string &body) {
  std::string start = R"(.reg .pred %q<8>;
.reg .b16 %h<16>;
.reg .b32 %r<32>, %t, %g, %n;
.reg .b64 %d<16>, %p<8>;
mov.u32 %t, %tid.x;
mov.u32 %n, %ctaid.x;
mov.u32 %g, %ntid.x;
mad.lo.s32 %g, %n, %g, %t;
)";
  for (int i = 0; i < parameters; ++i)
    start += "ld.param.u64 %p" + std::to_string(i) + ", [p" + std::to_string(i) + "];\n";
  return kernelText(parameters, start + body + "ret;\n");
}
