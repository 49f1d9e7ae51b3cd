//===- AvailableMemoryTest.cpp --------------------------------------------===//
#include "runtime/cpu/AvailableMemory.h"

#include "TestFiles.h"

#include <sys/resource.h>

using namespace sluice::runtime;

namespace {

class AvailableMemoryTest : public FilesTest {
protected:
  void write(const std::string &name, const std::string &content) {
    std::filesystem::create_directories(std::filesystem::path(path(name)).parent_path());
    put(name, content);
  }
  void expect(int64_t bytes, const std::string &limit) {
    AvailableMemory memory = availableMemory(folder);
    EXPECT_EQ(memory.bytes, bytes);
    EXPECT_EQ(memory.limit, limit);
  }
};

TEST_F(AvailableMemoryTest, OfTheMachine) {
  expect(INT64_MAX, "");
  write("proc/meminfo", "MemTotal: 9000 kB\nMemFree: 1 kB\nMemAvailable:   1000 kB\nSwapFree:  24 kB\n");
  expect(1024 * 1024, "on this machine");
}

TEST_F(AvailableMemoryTest, OfControlGroupsOfVersion2) {
  write("proc/meminfo", "MemAvailable: 1000 kB\n");
  write("proc/self/cgroup", "0::/user/app\n");
  write("sys/fs/cgroup/user/app/memory.max", "max\n");
  expect(1000 * 1024, "on this machine");
  // The group above has the limit; what files take of it gives way.
  write("sys/fs/cgroup/user/memory.max", "50000\n");
  write("sys/fs/cgroup/user/memory.current", "30000\n");
  write("sys/fs/cgroup/user/memory.stat", "anon 9000\nfile 21000\n");
  expect(41000, "in this control group");
  write("sys/fs/cgroup/user/app/memory.max", "2000\n");
  write("sys/fs/cgroup/user/app/memory.current", "2500\n");
  expect(0, "in this control group");
}

TEST_F(AvailableMemoryTest, OfControlGroupsOfVersion1) {
  write("proc/self/cgroup", "12:cpu,cpuacct:/a\n5:hugetlb,memory:/job\n0::/\n");
  write("sys/fs/cgroup/memory/job/memory.limit_in_bytes", "70000\n");
  write("sys/fs/cgroup/memory/job/memory.usage_in_bytes", "20000\n");
  write("sys/fs/cgroup/memory/job/memory.stat", "cache 1\ntotal_cache 15000\n");
  expect(65000, "in this control group");
  // In a container the group is the root of what is seen.
  write("proc/self/cgroup", "5:memory:/docker/x\n");
  write("sys/fs/cgroup/memory/memory.limit_in_bytes", "4000\n");
  expect(4000, "in this control group");
}

TEST_F(AvailableMemoryTest, OfLimitsOfTheProcess) {
  auto with = [](decltype(RLIMIT_AS) resource, auto action) {
    rlimit before, limit;
    ASSERT_EQ(getrlimit(resource, &before), 0);
    limit = before;
    limit.rlim_cur = rlim_t(1) << 46;
    ASSERT_EQ(setrlimit(resource, &limit), 0);
    action();
    setrlimit(resource, &before);
  };
  with(RLIMIT_AS, [] {
    EXPECT_EQ(availableAddresses().limit, "under 'ulimit -v'");
    EXPECT_LT(availableAddresses().bytes, int64_t(1) << 46);
    EXPECT_GT(availableAddresses().bytes, 0);
  });
  EXPECT_GT(availableMemory().bytes, 0);
}

} // namespace
