//===- SafetensorsTest.cpp ------------------------------------------------===//
#include "runtime/checkpoint/Safetensors.h"

#include "TestFiles.h"

#include <cmath>
#include <cstring>
#include <sys/stat.h>

using namespace sluice::runtime;

namespace {

class Safetensors : public FilesTest {
protected:
  /// A file of this header and so many bytes of zeros.
  std::string putRaw(const std::string &header, size_t dataBytes = 0) {
    uint64_t length = header.size();
    std::string content(reinterpret_cast<const char *>(&length), 8);
    return put("raw.safetensors", content + header + std::string(dataBytes, '\0'));
  }
};

template <typename T> std::vector<T> readAs(const SafetensorsFile &file, const char *name, sluice_element element) {
  std::vector<T> values(8, T(-1));
  file.read({name, element, {static_cast<int64_t>(values.size())}, values.data()});
  return values;
}

TEST_F(Safetensors, RoundTripIsBitForBit) {
  std::vector<float> single = {0.f, -0.f, 1.5f, NAN, INFINITY, 1e-45f};
  std::vector<double> twice = {0.1, -1e308};
  std::vector<int32_t> whole = {INT32_MIN, 7};
  std::vector<uint16_t> half = {0x7E01, 0x0001, 0xFC00};
  float scalar = 3.f;
  std::vector<TensorView> tensors = {{"h.0.attn.weight", SLUICE_F32, {2, 3}, single.data()},
                                     {"half", SLUICE_BF16, {3}, half.data()},
                                     {"twice", SLUICE_F64, {2, 1}, twice.data()},
                                     {"a", SLUICE_I32, {2}, whole.data()},
                                     {"none", SLUICE_F16, {0, 4}, nullptr},
                                     {"scalar", SLUICE_F32, {}, &scalar}};
  writeSafetensors(path("m.safetensors"), tensors, {{"step", "12"}});
  EXPECT_EQ(names(), std::vector<std::string>{"m.safetensors"});

  SafetensorsFile file(path("m.safetensors"));
  EXPECT_EQ(file.entries().size(), tensors.size());
  EXPECT_EQ(file.metadata(), (std::map<std::string, std::string>{{"format", "pt"}, {"step", "12"}}));
  for (const TensorView &tensor : tensors) {
    std::vector<char> bytes(static_cast<size_t>(tensor.bytes()));
    file.read({tensor.name, tensor.element, tensor.shape, bytes.data()});
    EXPECT_TRUE(bytes.empty() || std::memcmp(bytes.data(), tensor.data, bytes.size()) == 0) << tensor.name;
  }
  uint64_t headerBytes;
  std::memcpy(&headerBytes, get("m.safetensors").data(), 8);
  EXPECT_EQ(headerBytes % 8, 0u);
}

TEST_F(Safetensors, ReplacesAFileWhole) {
  float one = 1.f, two = 2.f;
  writeSafetensors(path("m.safetensors"), {{"x", SLUICE_F32, {1}, &one}});
  SafetensorsFile before(path("m.safetensors"));
  writeSafetensors(path("m.safetensors"), {{"x", SLUICE_F32, {1}, &two}});
  float value = 0;
  before.read({"x", SLUICE_F32, {1}, &value}); // an open file keeps its content
  EXPECT_EQ(value, 1.f);
  SafetensorsFile(path("m.safetensors")).read({"x", SLUICE_F32, {1}, &value});
  EXPECT_EQ(value, 2.f);
}

TEST_F(Safetensors, ConvertsFloats) {
  std::vector<uint16_t> half = {0x3C00, 0xC000, 0x7BFF, 0x0001, 0x8000, 0x7C00, 0x3555, 0x0400};
  std::vector<double> halfValues = {1, -2, 65504, 0x1p-24, -0.0, INFINITY, 0x1.554p-2, 0x1p-14};
  std::vector<uint16_t> brain = {0x3F80, 0xC000, 0x7F7F, 0x0001, 0x8000, 0x7F80, 0x3EAB, 0x0080};
  std::vector<double> brainValues = {1, -2, 0x1.FEp127, 0x1p-133, -0.0, INFINITY, 0x1.56p-2, 0x1p-126};
  std::vector<double> twice = {0.1, 1e300, 0, 1, 2, 3, 4, -5};
  std::vector<float> single = {0.1f, 1e30f, 0, 1, 2, 3, 4, -5};
  writeSafetensors(path("m"), {{"half", SLUICE_F16, {8}, half.data()},
                               {"brain", SLUICE_BF16, {8}, brain.data()},
                               {"twice", SLUICE_F64, {8}, twice.data()},
                               {"single", SLUICE_F32, {8}, single.data()}});
  SafetensorsFile file(path("m"));
  EXPECT_EQ(readAs<double>(file, "half", SLUICE_F64), halfValues);
  EXPECT_EQ(readAs<float>(file, "half", SLUICE_F32), std::vector<float>(halfValues.begin(), halfValues.end()));
  EXPECT_EQ(readAs<double>(file, "brain", SLUICE_F64), brainValues);
  EXPECT_EQ(readAs<float>(file, "brain", SLUICE_F32), std::vector<float>(brainValues.begin(), brainValues.end()));
  EXPECT_EQ(readAs<double>(file, "single", SLUICE_F64), std::vector<double>(single.begin(), single.end()));
  EXPECT_EQ(readAs<float>(file, "twice", SLUICE_F32), (std::vector<float>{0.1f, INFINITY, 0, 1, 2, 3, 4, -5}));
}

TEST_F(Safetensors, FindsABodySavedUnderAHead) {
  float value = 4.f, read = 0.f;
  writeSafetensors(path("m"), {{"transformer.wte.weight", SLUICE_F32, {1}, &value}});
  SafetensorsFile file(path("m"));
  file.read({"wte.weight", SLUICE_F32, {1}, &read});
  EXPECT_EQ(read, 4.f);
  EXPECT_EQ(file.find("weight"), nullptr);
}

TEST_F(Safetensors, RefusesWhatDoesNotFit) {
  float one = 1.f;
  int32_t whole = 1;
  writeSafetensors(path("m"), {{"x", SLUICE_F32, {1, 1}, &one}, {"i", SLUICE_I32, {1}, &whole}});
  SafetensorsFile file(path("m"));
  EXPECT_MESSAGE(Error, file.read({"y", SLUICE_F32, {1}, &one}), "m: tensor \"y\" is missing");
  EXPECT_MESSAGE(Error, file.read({"x", SLUICE_F32, {1}, &one}), "tensor \"x\" has shape [1, 1], expected [1]");
  EXPECT_MESSAGE(Error, file.read({"x", SLUICE_I32, {1, 1}, &whole}), "is F32, which does not convert to I32");
  EXPECT_MESSAGE(Error, file.read({"i", SLUICE_F32, {1}, &one}), "is I32, which does not convert to F32");
  EXPECT_MESSAGE(Error, writeSafetensors(path("n"), {{"x", SLUICE_F32, {1}, &one}, {"x", SLUICE_F32, {1}, &one}}),
                 "two tensors are named \"x\"");
  EXPECT_FALSE(isThere("n"));
}

TEST_F(Safetensors, UnknownTypesDoNoHarmUnread) {
  putRaw(R"({"new": {"dtype": "F4", "shape": [4], "data_offsets": [0, 2]},
             "mask": {"dtype": "BOOL", "shape": [3], "data_offsets": [2, 5]}})",
         5);
  SafetensorsFile file(path("raw.safetensors"));
  float values[4];
  EXPECT_MESSAGE(Error, file.read({"new", SLUICE_F32, {4}, values}), "is F4, which does not convert to F32");
}

TEST_F(Safetensors, RefusesDamagedFiles) {
  auto refused = [&](const std::string &header, size_t dataBytes, const char *text) {
    std::string file = putRaw(header, dataBytes);
    EXPECT_MESSAGE(Error, SafetensorsFile{file}, text);
  };
  auto entry = [](const char *type, const char *shape, const char *offsets) {
    return std::string(R"({"x": {"dtype": ")") + type + R"(", "shape": )" + shape + R"(, "data_offsets": )" + offsets +
           "}}";
  };
  refused("", 0, "the header is no JSON");
  refused("{\"x\": ", 0, "the header is no JSON, at its byte");
  refused("{\"\xff\": 1}", 0, "the header is no JSON");
  refused(std::string(100000, '['), 0, "the header is no JSON");
  refused(R"({"x": 1e999})", 0, "the header holds a number that is too large");
  refused("[]", 0, "no JSON object");
  refused(R"({"__metadata__": 3})", 0, "the metadata is no JSON object");
  refused(R"({"x\n": 3})", 0, "tensor \"x\\n\": no dtype");
  refused(R"({"x": {"dtype": 3}})", 0, "no dtype");
  refused(entry("F32", "3", "[0, 4]"), 4, "its shape is no list of sizes");
  refused(entry("F32", "[-1]", "[0, 4]"), 4, "its shape is no list of sizes");
  refused(entry("F32", "[1.5]", "[0, 4]"), 4, "its shape is no list of sizes");
  refused(entry("F32", "[18446744073709551615]", "[0, 4]"), 4, "its shape is no list of sizes");
  refused(entry("F32", "[1]", "[0]"), 4, "no pair of offsets");
  refused(entry("F32", "[1]", "[-4, 0]"), 4, "no pair of offsets");
  refused(entry("F32", "[1]", "[0, 8]"), 4, "its data [0, 8) lies outside the 4 bytes");
  refused(entry("F32", "[1]", "[4, 0]"), 4, "lies outside");
  refused(entry("F32", "[1]", "[9223372036854775804, 9223372036854775807]"), 4, "lies outside");
  refused(entry("F32", "[2]", "[0, 4]"), 4, "F32 of shape [2] does not fit its 4 bytes");
  refused(entry("F32", "[4294967296, 4294967296]", "[0, 0]"), 0, "does not fit its 0 bytes");
  refused(entry("F4", "[4294967296, 4294967296]", "[0, 0]"), 0, "does not fit its 0 bytes");
  refused(entry("F32", "[1]", "[4, 8]"), 8, "tensor \"x\": its data leaves a gap before it");
  refused(entry("F32", "[1]", "[0, 4]"), 7, "3 bytes after the last tensor");
  refused(R"({"a": {"dtype": "U8", "shape": [4], "data_offsets": [0, 4]},
              "b": {"dtype": "U8", "shape": [4], "data_offsets": [2, 6]}})",
          6, "tensor \"b\": its data overlaps");
}

TEST_F(Safetensors, ConvertsMoreThanABlock) {
  std::vector<double> values(100003);
  for (size_t i = 0; i < values.size(); ++i)
    values[i] = static_cast<double>(i) / 8;
  int64_t count = static_cast<int64_t>(values.size());
  writeSafetensors(path("m"), {{"x", SLUICE_F64, {count}, values.data()}});
  SafetensorsFile file(path("m"));
  std::vector<float> read(values.size());
  file.read({"x", SLUICE_F32, {count}, read.data()});
  EXPECT_EQ(read, std::vector<float>(values.begin(), values.end()));
  float part[3] = {};
  file.readElements(*file.find("x"), 65535, 3, SLUICE_F32, part);
  EXPECT_EQ(part[0], 65535 / 8.f);
  EXPECT_EQ(part[2], 65537 / 8.f);
  uint32_t bytes[2] = {};
  file.readBytes(*file.find("x"), 8, 8, bytes); // 0.125
  EXPECT_EQ(bytes[1], 0x3FC00000u);
}

TEST_F(Safetensors, AFileThatIsCutMeanwhileIsAnError) {
  std::vector<double> values(4096);
  writeSafetensors(path("m"), {{"x", SLUICE_F64, {4096}, values.data()}});
  SafetensorsFile file(path("m"));
  std::filesystem::resize_file(path("m"), 8192);
  EXPECT_MESSAGE(Error, file.read({"x", SLUICE_F64, {4096}, values.data()}),
                 path("m") + " has become shorter: it ends at byte 8192 of");
  std::vector<float> single(4096);
  EXPECT_MESSAGE(Error, file.read({"x", SLUICE_F32, {4096}, single.data()}), "has become shorter");
}

TEST_F(Safetensors, RefusesEveryTruncation) {
  std::vector<float> values(4);
  writeSafetensors(path("m"), {{"x", SLUICE_F32, {2}, values.data()}, {"y", SLUICE_F32, {4}, values.data()}});
  std::string whole = get("m");
  for (size_t size = 0; size < whole.size(); ++size) {
    put("part", whole.substr(0, size));
    EXPECT_MESSAGE(Error, SafetensorsFile(path("part")), "part");
  }
  put("part", std::string(8, '\xff') + whole);
  EXPECT_MESSAGE(Error, SafetensorsFile(path("part")), "its header would have 18446744073709551615 bytes");
  EXPECT_MESSAGE(Error, SafetensorsFile(path("gone")), "cannot open");
  // Nobody writes to it, so that opening it the plain way would wait for ever.
  ASSERT_EQ(mkfifo(path("fifo").c_str(), 0600), 0);
  EXPECT_MESSAGE(Error, SafetensorsFile(path("fifo")), "fifo: not a regular file");
}

} // namespace
