//===- Files.h - Output files -----------------------------------*- C++ -*-===//
#ifndef SLUICE_RUNTIME_FILES_H
#define SLUICE_RUNTIME_FILES_H

#include <cstddef>
#include <string>
#include <string_view>

namespace sluice::runtime {

/// Writes all bytes, in one call where the system takes them so. False, and errno says why, where it does not.
bool writeAll(int descriptor, std::string_view bytes);

/// A file that appears under its name complete or not at all: written as `PATH.tmp`, synced, renamed, and its folder
/// synced. Without commit() nothing is left behind (unless the process is killed: then PATH.tmp is).
/// Every failure is a RunError that names the file.
class AtomicFile {
public:
  explicit AtomicFile(std::string path);
  AtomicFile(const AtomicFile &) = delete;
  AtomicFile &operator=(const AtomicFile &) = delete;
  ~AtomicFile();

  void write(const void *data, size_t bytes);
  void write(std::string_view text) { write(text.data(), text.size()); }
  void commit();

private:
  std::string path;
  std::string temporary;
  int descriptor = -1;
};

/// Error, beginning with the flag, unless a file of that name can be written: the reason is then told before the run
/// and not after it. A file that is there is opened and stays as it is; in its folder a file without a name is made.
void checkWritable(const std::string &flag, const std::string &path);

/// Error, beginning with the flag, unless files can be written in a folder of that name, or where it is missing in the
/// one that it would be made in. Leaves nothing behind.
void checkFolder(const std::string &flag, const std::string &path);

/// Whether both names lead to one file that is there, through links of any kind too.
bool isSameFile(const std::string &a, const std::string &b);

/// Whether both names lead to one file once both are written.
bool willBeSameFile(const std::string &a, const std::string &b);

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_FILES_H
