//===- FuzzFile.h - Bytes under a name ----------------------------------*- C++ -*-===//
#ifndef SLUICE_TEST_FUZZ_FUZZFILE_H
#define SLUICE_TEST_FUZZ_FUZZFILE_H

#include <cstdint>
#include <cstdlib>
#include <fcntl.h>
#include <set>
#include <string>
#include <unistd.h>

namespace sluice {

/// A folder in memory where there is one, for as long as the process runs, and files in it that are written anew for
/// each input.
class FuzzFolder {
public:
  FuzzFolder() {
    std::string name = std::string(access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp") + "/sluice-fuzz-XXXXXX";
    if (!mkdtemp(name.data()))
      std::abort();
    folder = name;
  }
  FuzzFolder(const FuzzFolder &) = delete;
  ~FuzzFolder() {
    for (const std::string &file : files)
      unlink(file.c_str());
    rmdir(folder.c_str());
  }

  const std::string &path() const { return folder; }

  /// Writes the file and returns its path.
  std::string write(const std::string &name, const uint8_t *data, size_t size) {
    std::string file = folder + "/" + name;
    if (files.insert(file).second && files.size() > mostFiles)
      std::abort();
    int descriptor = open(file.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (descriptor < 0 || ::write(descriptor, data, size) != static_cast<ssize_t>(size))
      std::abort();
    close(descriptor);
    return file;
  }

private:
  static constexpr size_t mostFiles = 16;
  std::string folder;
  std::set<std::string> files;
};

} // namespace sluice

#endif // SLUICE_TEST_FUZZ_FUZZFILE_H
