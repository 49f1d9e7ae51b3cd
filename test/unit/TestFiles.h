//===- TestFiles.h - Files and errors in tests ------------------*- C++ -*-===//
#ifndef SLUICE_TEST_UNIT_TESTFILES_H
#define SLUICE_TEST_UNIT_TESTFILES_H

#include "runtime/Error.h"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>
#include <string>
#include <vector>

namespace sluice::runtime {

/// A test with a folder of its own.
class FilesTest : public ::testing::Test {
protected:
  void SetUp() override {
    std::string pattern = ::testing::TempDir() + "sluice-unit-XXXXXX";
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder); }

  std::string path(const std::string &name) const { return folder + "/" + name; }

  std::string put(const std::string &name, const std::string &content) const {
    std::ofstream(path(name), std::ios::binary) << content;
    return path(name);
  }

  /// A file of little-endian uint16, after `header`.
  std::string putTokens(const std::string &name, const std::vector<int> &tokens, std::string header = "") const {
    for (int token : tokens) {
      header += static_cast<char>(token & 0xFF);
      header += static_cast<char>(token >> 8);
    }
    return put(name, header);
  }

  std::string get(const std::string &name) const {
    std::ifstream stream(path(name), std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }

  bool isThere(const std::string &name) const { return std::filesystem::exists(path(name)); }

  std::vector<std::string> names() const {
    std::vector<std::string> all;
    for (const auto &entry : std::filesystem::directory_iterator(folder))
      all.push_back(entry.path().filename().string());
    std::sort(all.begin(), all.end());
    return all;
  }

  std::string folder;
};

/// Runs `action`, which has to throw a `Failure`, and returns the message.
template <typename Failure = Error, typename Action> std::string messageOf(Action action) {
  try {
    action();
  } catch (const Failure &failure) {
    EXPECT_EQ(std::string(failure.what()).find('\n'), std::string::npos) << "a message is one line";
    return failure.what();
  }
  ADD_FAILURE() << "no error";
  return "";
}

/// Expects `action` to throw a Failure whose message contains `text`.
#define EXPECT_MESSAGE(Failure, action, text)                                                                          \
  do {                                                                                                                 \
    std::string message = messageOf<Failure>([&] { action; });                                                         \
    EXPECT_NE(message.find(text), std::string::npos) << "the message is: " << message;                                 \
  } while (false)

} // namespace sluice::runtime

#endif // SLUICE_TEST_UNIT_TESTFILES_H
