//===- Files.h - Mapped input files, atomic output files --------*- C++ -*-===//
#ifndef SLUICE_RUNTIME_FILES_H
#define SLUICE_RUNTIME_FILES_H

#include <cstddef>
#include <string>
#include <string_view>

namespace sluice::runtime {

/// A file mapped read-only. Mapped pages belong to the page cache: they do not count as memory of the process.
class MappedFile {
public:
  /// Error where the file is missing, is no regular file or cannot be read. An empty file has size 0.
  explicit MappedFile(std::string path);
  MappedFile(MappedFile &&other) noexcept;
  MappedFile &operator=(MappedFile &&other) noexcept;
  ~MappedFile();

  const std::string &path() const { return filePath; }
  const unsigned char *data() const { return static_cast<const unsigned char *>(memory); }
  size_t size() const { return bytes; } ///< in bytes

private:
  std::string filePath;
  void *memory = nullptr;
  size_t bytes = 0;
};

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

/// Error, beginning with the flag, unless a file of that name could be written: the reason is then told before the run
/// and not after it. Writes nothing.
void checkWritable(const char *flag, const std::string &path);

/// Error, beginning with the flag, if something that is no folder has that name.
void checkFolder(const char *flag, const std::string &path);

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_FILES_H
