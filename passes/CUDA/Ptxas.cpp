//===- Ptxas.cpp - The toolkit's assembler, where it is found ---------------------------===//
#include "passes/CUDA/Ptxas.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/raw_ostream.h"

using namespace sluice;
using llvm::StringRef;

std::optional<std::string> sluice::findPtxas() {
  if (llvm::ErrorOr<std::string> path = llvm::sys::findProgramByName("ptxas"))
    return *path;
  if (llvm::ErrorOr<std::string> path = llvm::sys::findProgramByName("ptxas", {"/usr/local/cuda/bin"}))
    return *path;
  return std::nullopt;
}

/// A temporary file, which goes with the object.
namespace {
struct TemporaryFile {
  explicit TemporaryFile(StringRef suffix) : error(llvm::sys::fs::createTemporaryFile("sluice", suffix, path)) {
    remover.setFile(path);
  }
  std::string read() const {
    auto buffer = llvm::MemoryBuffer::getFile(path);
    return buffer ? (*buffer)->getBuffer().str() : "";
  }

  llvm::SmallString<128> path;
  std::error_code error;
  llvm::FileRemover remover;
};
} // namespace

llvm::Expected<std::string> sluice::assemblePtx(StringRef ptxas, StringRef ptx, StringRef architecture) {
  TemporaryFile input("ptx"), output("cubin"), messages("txt");
  for (const TemporaryFile *file : {&input, &output, &messages})
    if (file->error)
      return llvm::createStringError(file->error, "cannot make a temporary file");
  std::error_code code;
  llvm::raw_fd_ostream stream(input.path, code);
  stream << ptx;
  stream.close();
  if (code || stream.has_error()) {
    stream.clear_error();
    return llvm::createStringError("cannot write '%s'", input.path.c_str());
  }
  std::string flag = "-arch=" + architecture.str();
  std::optional<StringRef> redirects[] = {std::nullopt, StringRef(messages.path), StringRef(messages.path)};
  int status = llvm::sys::ExecuteAndWait(ptxas, {ptxas, flag, input.path, "-o", output.path}, std::nullopt, redirects);
  if (status != 0)
    return llvm::createStringError("ptxas failed: " + StringRef(messages.read()).trim());
  return output.read();
}
