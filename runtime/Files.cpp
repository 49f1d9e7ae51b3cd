//===- Files.cpp - Output files -------------------------------------------===//
#include "runtime/Files.h"

#include "runtime/Error.h"

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace sluice::runtime {

static std::string reason() { return std::strerror(errno); }

bool writeAll(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    ssize_t written = ::write(descriptor, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR)
      continue;
    if (written < 0)
      return false;
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return true;
}

AtomicFile::AtomicFile(std::string path) : path(std::move(path)), temporary(this->path + ".tmp") {
  descriptor = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
  if (descriptor < 0)
    throw RunError("cannot write " + temporary + ": " + reason());
}

AtomicFile::~AtomicFile() {
  if (descriptor >= 0)
    ::close(descriptor);
  if (!temporary.empty())
    ::unlink(temporary.c_str());
}

void AtomicFile::write(const void *data, size_t bytes) {
  if (!writeAll(descriptor, {static_cast<const char *>(data), bytes}))
    throw RunError("cannot write " + path + ": " + reason());
}

void AtomicFile::commit() {
  // Some file systems report a full disk only at fsync or close.
  if (::fsync(descriptor) != 0)
    throw RunError("cannot write " + path + ": " + reason());
  if (::close(std::exchange(descriptor, -1)) != 0)
    throw RunError("cannot write " + path + ": " + reason());
  if (::rename(temporary.c_str(), path.c_str()) != 0)
    throw RunError("cannot rename " + temporary + " to " + path + ": " + reason());
  temporary.clear();

  size_t slash = path.rfind('/');
  std::string folder = slash == std::string::npos ? "." : slash == 0 ? "/" : path.substr(0, slash);
  int folderDescriptor = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (folderDescriptor < 0)
    throw RunError("cannot sync " + folder + ": " + reason());
  // Some network file systems cannot sync a folder (EINVAL); the rename has happened there all the same.
  bool synced = ::fsync(folderDescriptor) == 0 || errno == EINVAL;
  int syncError = errno;
  ::close(folderDescriptor);
  if (!synced)
    throw RunError("cannot sync " + folder + ": " + std::strerror(syncError));
}

namespace fs = std::filesystem;

/// Whether a file can be made in the folder, or else errno says why not. Permissions alone do not tell: a file system
/// may be read-only, and the superuser passes every check of them.
static bool takesFiles(const std::string &folder) {
  int descriptor = ::open(folder.c_str(), O_TMPFILE | O_WRONLY | O_CLOEXEC, 0600);
  if (descriptor < 0 && (errno == EOPNOTSUPP || errno == EISDIR || errno == EINVAL)) {
    // A file system without files that have no name.
    std::string name = folder + "/.sluice-check-" + std::to_string(::getpid());
    descriptor = ::open(name.c_str(), O_CREAT | O_EXCL | O_WRONLY | O_CLOEXEC, 0600);
    if (descriptor >= 0)
      ::unlink(name.c_str());
  }
  if (descriptor < 0)
    return false;
  ::close(descriptor);
  return true;
}

static std::string parentOf(const std::string &path) {
  std::string parent = fs::path(path).parent_path().string();
  return parent.empty() ? "." : parent;
}

static void checkTakesFiles(const std::string &flag, const std::string &folder) {
  std::error_code failure;
  if (!fs::is_directory(folder, failure))
    throw Error(flag + ": " + folder + " is not a folder");
  if (!takesFiles(folder))
    throw Error(flag + ": cannot write in the folder " + folder + ": " + reason());
}

void checkWritable(const std::string &flag, const std::string &path) {
  struct stat status;
  if (::stat(path.c_str(), &status) != 0) {
    if (errno != ENOENT && errno != ENOTDIR)
      throw Error(flag + ": cannot write " + path + ": " + reason());
    // A link that leads nowhere: what is opened through it is made where it points.
    std::error_code isNoLink;
    fs::path target = fs::read_symlink(path, isNoLink);
    checkTakesFiles(flag, parentOf(isNoLink ? path : (fs::path(parentOf(path)) / target).string()));
    return;
  }
  if (S_ISDIR(status.st_mode))
    throw Error(flag + ": " + path + " is a folder");
  // Opening a pipe would wait for its reader, and may end what the reader reads.
  if (!S_ISREG(status.st_mode)) {
    if (::access(path.c_str(), W_OK) != 0)
      throw Error(flag + ": cannot write " + path + ": " + reason());
    return;
  }
  int descriptor = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);
  if (descriptor < 0)
    throw Error(flag + ": cannot write " + path + ": " + reason());
  ::close(descriptor);
}

void checkFolder(const std::string &flag, const std::string &path) {
  // Up to the first that is there: the others are made in it.
  std::string at = path;
  struct stat status;
  while (::lstat(at.c_str(), &status) != 0) {
    std::string parent = parentOf(at);
    if ((errno != ENOENT && errno != ENOTDIR) || parent == at)
      throw Error(flag + ": cannot make the folder " + path + ": " + reason());
    at = parent;
  }
  checkTakesFiles(flag, at);
}

bool isSameFile(const std::string &a, const std::string &b) {
  std::error_code failure;
  return fs::equivalent(a, b, failure);
}

bool willBeSameFile(const std::string &a, const std::string &b) {
  if (isSameFile(a, b))
    return true;
  std::error_code failureOfA, failureOfB;
  fs::path first = fs::weakly_canonical(fs::absolute(a), failureOfA),
           second = fs::weakly_canonical(fs::absolute(b), failureOfB);
  return !failureOfA && !failureOfB && first == second;
}

} // namespace sluice::runtime
