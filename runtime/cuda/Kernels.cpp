//===- Kernels.cpp - A program's kernels on a card ------------------------===//

#include "runtime/cuda/Kernels.h"
#include "runtime/Error.h"

#include <algorithm>
#include <cctype>
#include <cstring>
#include <tuple>

using namespace sluice::cuda;
using sluice::runtime::RunError;

/// "8.6" of 86.
static std::string capabilityText(int capability) {
  return std::to_string(capability / 10) + "." + std::to_string(capability % 10);
}

std::vector<const sluice_image *> sluice::cuda::imagesFor(const sluice_binary &program, int capability) {
  std::vector<const sluice_image *> images;
  for (uint32_t i = 0; i < program.image_count; ++i) {
    const sluice_image &image = program.images[i];
    size_t length = std::strlen(image.architecture);
    bool isForOneCard = image.kind == SLUICE_IMAGE_CUBIN ||
                        (length > 0 && std::isalpha(static_cast<unsigned char>(image.architecture[length - 1])));
    if (isForOneCard ? image.capability == capability : image.capability <= capability)
      images.push_back(&image);
  }
  auto rank = [](const sluice_image *of) {
    return std::make_tuple(of->kind != SLUICE_IMAGE_CUBIN, -of->capability, of);
  };
  std::sort(images.begin(), images.end(),
            [&](const sluice_image *x, const sluice_image *y) { return rank(x) < rank(y); });
  return images;
}

/// Why a card runs none of the images.
static std::string noImageText(const sluice_binary &program, const Card &card) {
  std::string has;
  int least = 0;
  for (uint32_t i = 0; i < program.image_count; ++i) {
    const sluice_image &image = program.images[i];
    has += (has.empty() ? "" : ", ") + std::string(image.kind == SLUICE_IMAGE_PTX ? "PTX for " : "code for ") +
           image.architecture;
    if (image.kind == SLUICE_IMAGE_PTX && (least == 0 || image.capability < least))
      least = image.capability;
  }
  std::string text = card.name() + " has compute capability " + capabilityText(card.capability()) +
                     ", and this program has " + (has.empty() ? "no kernels" : has);
  return least > card.capability() ? text + ": expected at least " + capabilityText(least) : text;
}

/// "7.8" of PTX that says `.version 7.8`.
static std::string ptxVersion(const char *ptx) {
  const char *found = std::strstr(ptx, ".version ");
  if (!found)
    return "";
  found += std::strlen(".version ");
  return std::string(found, std::strspn(found, "0123456789."));
}

void *Kernels::load(const char *image, const std::string &what) {
  // What the driver's compiler says, of which the first line is told.
  char log[4096] = {};
  int options[] = {kJitErrorLog, kJitErrorLogBytes};
  void *values[] = {log, reinterpret_cast<void *>(sizeof(log) - 1)};
  void *module = nullptr;
  int status = card.driver.cuModuleLoadDataEx(&module, image, 2, options, values);
  if (status == kUnsupportedPtxVersion)
    throw RunError("the driver, for CUDA " + card.driver.versionText() + ", is older than " + what + " (version " +
                   ptxVersion(image) + "): a newer driver runs it");
  if (status == kNoBinaryForGpu)
    throw RunError(what + " is not for " + card.name() + " of compute capability " + capabilityText(card.capability()));
  std::string said(log, std::strcspn(log, "\n"));
  card.driver.check(status, what + " on " + card.name() + (said.empty() ? "" : ": " + said));
  modules.push_back(module);
  return module;
}

void *Kernels::find(void *module, const char *name) const {
  void *found = nullptr;
  card.driver.check(card.driver.cuModuleGetFunction(&found, module, name), std::string("the kernel ") + name);
  return found;
}

/// The best image that the driver takes: code may be of a newer toolkit than a driver that compiles the PTX beside it.
void *Kernels::loadProgram(const sluice_binary &program) {
  std::vector<const sluice_image *> images = imagesFor(program, card.capability());
  if (images.empty())
    throw RunError(noImageText(program, card));
  for (const sluice_image *image : images)
    try {
      bool isPtx = image->kind == SLUICE_IMAGE_PTX;
      return load(image->bytes, std::string(isPtx ? "the PTX" : "the code") + " for " + image->architecture);
    } catch (const RunError &) {
      if (image == images.back())
        throw;
    }
  return nullptr;
}

Kernels::Kernels(const sluice_binary &program, const Card &card) : card(card) {
  card.makeCurrent();
  void *module = loadProgram(program);
  for (uint32_t i = 0; i < program.symbol_count; ++i)
    functions.push_back(find(module, program.symbols[i].name));
  std::vector<uint32_t> shared(program.symbol_count);
  for (uint32_t i = 0; i < program.launch_count; ++i)
    shared[program.launches[i].symbol] = std::max(shared[program.launches[i].symbol], program.launches[i].shared_bytes);
  for (uint32_t i = 0; i < program.symbol_count; ++i)
    // Beyond 48 KiB a kernel has to ask for it.
    if (shared[i] > 0)
      card.driver.check(
          card.driver.cuFuncSetAttribute(functions[i], kMaxDynamicSharedBytes, static_cast<int>(shared[i])),
          std::string("the kernel ") + program.symbols[i].name + ", " + std::to_string(shared[i]) +
              " bytes of shared memory on " + card.name());
  void *own = load(ownPtx().c_str(), "the runtime's PTX");
  for (OwnKernel kernel : kOwnKernels)
    for (sluice_element element : {SLUICE_F32, SLUICE_F64})
      ownKernels[static_cast<size_t>(kernel)][element == SLUICE_F64] = find(own, ownName(kernel, element).c_str());
}

Kernels::~Kernels() {
  if (card.driver.cuCtxSetCurrent(card.context()) == kSuccess)
    for (void *module : modules)
      card.driver.cuModuleUnload(module);
}
