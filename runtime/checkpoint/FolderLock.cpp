//===- FolderLock.cpp - One run a folder ----------------------------------===//

#include "runtime/checkpoint/FolderLock.h"
#include "runtime/Error.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <filesystem>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace sluice::runtime {

FolderLock::FolderLock(const std::string &folder) : path((std::filesystem::path(folder) / kFileName).string()) {
  std::error_code failure;
  std::filesystem::create_directories(folder, failure);
  if (failure)
    throw RunError("cannot make the folder " + folder + ": " + failure.message());
  // Again where another run has removed its file between the two calls.
  while (!tryLock(folder)) {
  }
}

/// What the holder has written of itself, as far as that is one line of plain text.
static std::string holderIn(int descriptor) {
  char text[200];
  ssize_t length = ::pread(descriptor, text, sizeof(text), 0);
  std::string holder;
  for (ssize_t i = 0; i < length && text[i] >= ' ' && text[i] <= '~'; ++i)
    holder += text[i];
  return holder.empty() ? "another run" : holder;
}

bool FolderLock::tryLock(const std::string &folder) {
  descriptor = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0666);
  if (descriptor < 0)
    throw RunError("cannot write " + path + ": " + std::strerror(errno));
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) {
    std::string holder = holderIn(descriptor);
    ::close(descriptor);
    throw Error(folder + " is in use by " + holder + ": two runs cannot write checkpoints to one folder");
  }
  struct stat locked, named;
  bool isThere = ::fstat(descriptor, &locked) == 0 && ::stat(path.c_str(), &named) == 0 &&
                 locked.st_dev == named.st_dev && locked.st_ino == named.st_ino;
  if (!isThere) {
    ::close(descriptor);
    return false;
  }
  char host[65] = "";
  ::gethostname(host, sizeof(host) - 1);
  std::string holder = "process " + std::to_string(::getpid()) + " on " + host + "\n";
  // For people only: a lock that says nothing of its holder is a lock all the same.
  [[maybe_unused]] bool isTold =
      ::ftruncate(descriptor, 0) == 0 && ::pwrite(descriptor, holder.data(), holder.size(), 0) > 0;
  return true;
}

FolderLock::~FolderLock() {
  // In this order: who opens the file in between sees that it is gone, and makes another.
  ::unlink(path.c_str());
  ::close(descriptor);
}

} // namespace sluice::runtime
