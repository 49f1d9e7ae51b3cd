//===- RunFiles.cpp - What a run reads and writes -------------------------===//

#include "runtime/train/RunFiles.h"
#include "runtime/Error.h"
#include "runtime/Files.h"
#include "runtime/checkpoint/Checkpoint.h"

#include <filesystem>
#include <sys/stat.h>

namespace sluice::runtime {

namespace fs = std::filesystem;

RunFiles::RunFiles() { reads("the program", "/proc/self/exe"); }

static std::vector<std::string> filesIn(const std::string &folder) {
  std::vector<std::string> files;
  std::error_code isNoFolder;
  for (fs::directory_iterator at(folder, isNoFolder), end; at != end; at.increment(isNoFolder))
    files.push_back(at->path().string());
  return files;
}

void RunFiles::reads(const std::string &flag, const std::string &path) {
  inputs.push_back({flag, path});
  for (const std::string &file : filesIn(path))
    inputs.push_back({flag, file});
}

void RunFiles::readsCheckpoint(const std::string &flag, const std::string &folder) {
  for (const std::string &file : filesIn(folder))
    if (isCheckpointFile(fs::path(file).filename().string()))
      inputs.push_back({flag, file});
}

void RunFiles::reads(const std::string &flag, const std::vector<std::string> &paths) {
  for (const std::string &path : paths)
    reads(flag, path);
}

void RunFiles::checkIsNoInput(const std::string &flag, const std::string &path) const {
  for (const Input &input : inputs)
    if (isSameFile(path, input.path))
      throw Error(flag + ": " + path + " is a file that is read (" + input.flag + ")");
}

void RunFiles::checkFile(const std::string &flag, const std::string &path, bool overwrites) const {
  checkIsNoInput(flag, path);
  checkWritable(flag, path);
  struct stat status;
  bool isThere = ::stat(path.c_str(), &status) == 0;
  if (!overwrites && isThere && S_ISREG(status.st_mode) && status.st_size > 0)
    throw Error(flag + ": " + path + " is there already; --overwrite replaces it");
}

void RunFiles::checkCheckpoints(const std::string &flag, const std::string &folder) const {
  checkFolder(flag, folder);
  for (const Input &input : inputs) {
    fs::path path = input.path;
    // By its name in the folder, which saving removes, and by what it is, which saving writes.
    bool isRemoved = isCheckpointFile(path.filename().string()) &&
                     willBeSameFile(path.has_parent_path() ? path.parent_path().string() : ".", folder);
    if (isRemoved)
      throw Error(flag + ": " + input.path + ", which is read (" + input.flag + "), is a checkpoint's file in " +
                  folder);
  }
}

} // namespace sluice::runtime
