//===- OutputFolder.cpp - Where binaries, runs and results lie ---------------------===//
#include "tools/sluice-compare/OutputFolder.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/raw_ostream.h"

using namespace sluice::compare;
using llvm::StringRef;
namespace fs = llvm::sys::fs;

OutputFolder::OutputFolder(StringRef path) : path(path) {
  std::error_code error;
  for (fs::directory_iterator entry(file("runs"), error), end; entry != end && !error; entry.increment(error)) {
    StringRef name = llvm::sys::path::filename(entry->path());
    runNames[name.rsplit('-').second] = name.str();
  }
}

OutputFolder::~OutputFolder() {
  if (lock >= 0)
    llvm::sys::Process::SafelyCloseFileDescriptor(lock);
}

llvm::Error OutputFolder::open() {
  if (llvm::Error error = makeFolder(path))
    return error;
  std::string name = file(".lock");
  if (std::error_code error = fs::openFileForWrite(name, lock, fs::CD_CreateAlways))
    return llvm::createStringError("cannot write '" + name + "': " + error.message());
  if (fs::tryLockFile(lock))
    return llvm::createStringError("another sluice-compare works in '" + path + "'");
  return llvm::Error::success();
}

std::string OutputFolder::file(StringRef name) const {
  llvm::SmallString<256> result(path);
  llvm::sys::path::append(result, name);
  return std::string(result);
}

std::string OutputFolder::binary(StringRef hash) const { return file(("bin/" + hash).str()); }

std::string OutputFolder::run(StringRef name, StringRef hash, uint64_t seed) {
  std::string &folder = runNames[hash];
  if (folder.empty()) {
    constexpr size_t longestName = 100;
    for (char c : name.take_front(longestName))
      folder += llvm::isAlnum(c) || StringRef("._=+[]").contains(c) ? c : '_';
    folder += ("-" + hash).str();
  }
  return file("runs/" + folder + "/seed-" + std::to_string(seed));
}

llvm::Error sluice::compare::makeFolder(StringRef path) {
  if (std::error_code error = fs::create_directories(path))
    return llvm::createStringError("cannot make the folder '" + path + "': " + error.message());
  return llvm::Error::success();
}

llvm::Error sluice::compare::writeFile(StringRef path, StringRef content) {
  return llvm::writeToOutput(path, [&](llvm::raw_ostream &out) {
    out << content;
    return llvm::Error::success();
  });
}
