//===- FolderLockTest.cpp -------------------------------------------------===//
#include "runtime/checkpoint/FolderLock.h"

#include "TestFiles.h"

#include <csignal>
#include <sys/wait.h>
#include <unistd.h>

using namespace sluice::runtime;

namespace {

class FolderLockTest : public FilesTest {};

TEST_F(FolderLockTest, NamesWhoHoldsIt) {
  std::string own = path("made/on/demand");
  {
    FolderLock lock(own);
    EXPECT_MESSAGE(Error, FolderLock(own + "/."), "is in use by process " + std::to_string(::getpid()) + " on ");
    FolderLock other(folder); // another folder is another lock
  }
  EXPECT_FALSE(isThere("made/on/demand/checkpoint.lock"));
  FolderLock again(own);
}

TEST_F(FolderLockTest, HoldsThroughALink) {
  std::filesystem::create_directory(path("folder"));
  std::filesystem::create_directory_symlink(path("folder"), path("link"));
  FolderLock lock(path("folder"));
  EXPECT_MESSAGE(Error, FolderLock(path("link")), "two runs cannot write checkpoints to one folder");
}

TEST_F(FolderLockTest, EndsWithTheProcess) {
  int ready[2];
  ASSERT_EQ(::pipe(ready), 0);
  pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    FolderLock lock(folder);
    [[maybe_unused]] ssize_t written = ::write(ready[1], "x", 1);
    for (;;)
      ::pause();
  }
  char byte;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  EXPECT_MESSAGE(Error, FolderLock lock(folder), "is in use by process " + std::to_string(child));
  ::kill(child, SIGKILL);
  ::waitpid(child, nullptr, 0);
  EXPECT_TRUE(isThere("checkpoint.lock"));
  FolderLock lock(folder);
  ::close(ready[0]);
  ::close(ready[1]);
}

TEST_F(FolderLockTest, AFolderThatCannotBeMadeIsAFailedRun) {
  put("file", "");
  EXPECT_MESSAGE(RunError, FolderLock(path("file/folder")), "cannot make the folder");
}

} // namespace
