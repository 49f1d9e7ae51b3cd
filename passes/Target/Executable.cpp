//===- Executable.cpp - Files of compiled programs ------------------------------------===//
#include "passes/Target/Executable.h"
#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Program.h"
#include <optional>
#include <string>

using namespace sluice;
using llvm::Error;
using llvm::StringRef;

Error sluice::writeAtomically(StringRef path, llvm::function_ref<Error(StringRef)> write) {
  llvm::SmallString<128> temporary;
  if (std::error_code code = llvm::sys::fs::createUniqueFile(path + ".%%%%%%%%.tmp", temporary))
    return llvm::createStringError(code, "cannot write '%s': %s", path.str().c_str(), code.message().c_str());
  Error error = write(temporary);
  if (!error)
    if (std::error_code code = llvm::sys::fs::rename(temporary, path))
      error = llvm::createStringError(code, "cannot write '%s': %s", path.str().c_str(), code.message().c_str());
  if (error)
    llvm::sys::fs::remove(temporary);
  return error;
}

Error sluice::linkExecutable(StringRef object, StringRef runtimeLibrary, StringRef path) {
  if (!llvm::sys::fs::exists(runtimeLibrary))
    return llvm::createStringError("the runtime library '%s' is missing", runtimeLibrary.str().c_str());
  // The archive is C++: a driver of C++ finds the library that belongs to it.
  std::string driver;
  for (StringRef candidate : {"clang++-22", "clang++", "c++", "g++"})
    if (llvm::ErrorOr<std::string> found = llvm::sys::findProgramByName(candidate)) {
      driver = *found;
      break;
    }
  if (driver.empty())
    return llvm::createStringError("no linker: found none of clang++-22, clang++, c++ and g++ on the PATH");
  return writeAtomically(path, [&](StringRef temporary) -> Error {
    llvm::SmallString<128> log;
    if (std::error_code code = llvm::sys::fs::createTemporaryFile("sluice-link", "log", log))
      return llvm::createStringError(code, "cannot write a temporary file: %s", code.message().c_str());
    llvm::SmallVector<StringRef> arguments = {
        driver, object, runtimeLibrary, "-lpthread", "-lm", "-static-libstdc++", "-static-libgcc", "-o", temporary};
#ifdef SLUICE_LINK_FLAGS
    arguments.push_back(SLUICE_LINK_FLAGS);
#endif
    std::optional<StringRef> redirects[] = {std::nullopt, StringRef(log), StringRef(log)};
    std::string message;
    int code = llvm::sys::ExecuteAndWait(driver, arguments, std::nullopt, redirects, 0, 0, &message);
    if (code == 0) {
      llvm::sys::fs::remove(log);
      return Error::success();
    }
    if (auto text = llvm::MemoryBuffer::getFile(log))
      message += (*text)->getBuffer().rtrim();
    llvm::sys::fs::remove(log);
    return llvm::createStringError("'%s' cannot link the executable: %s", driver.c_str(), message.c_str());
  });
}
