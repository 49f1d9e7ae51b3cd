//===- TokenFormatTest.cpp ------------------------------------------------===//
//
// What files look like is written down here by hand, as their formats are specified.
//
//===----------------------------------------------------------------------===//
#include "runtime/data/TokenStream.h"

#include "TestFiles.h"

#include <cstring>

using namespace sluice::runtime;
using namespace std::string_literals;

namespace {

using Tokens = std::vector<int32_t>;
constexpr int64_t kHuge = int64_t(1) << 31;

Tokens readAll(const std::string &file, int64_t vocabulary = kHuge) {
  TokenStream stream({file}, vocabulary);
  Tokens tokens(static_cast<size_t>(stream.size()));
  stream.read(0, stream.size(), tokens.data());
  return tokens;
}

template <typename Number> std::string bytesOf(const std::vector<Number> &numbers) {
  std::string bytes(numbers.size() * sizeof(Number), '\0');
  std::memcpy(bytes.data(), numbers.data(), bytes.size());
  return bytes;
}

std::string header(uint32_t magic, uint32_t version, uint32_t count) {
  std::vector<uint32_t> words(256);
  words[0] = magic;
  words[1] = version;
  words[2] = count;
  return bytesOf(words);
}

/// As numpy.save writes it: the dictionary is padded with spaces to 64 bytes in all, and ends with a new line.
std::string numpy(const std::string &type, const std::string &shape, const std::string &data, char version = 1) {
  std::string text = "{'descr': '" + type + "', 'fortran_order': False, 'shape': " + shape + ", }";
  size_t prefix = version == 1 ? 10 : 12;
  text.resize((prefix + text.size() + 64) / 64 * 64 - prefix - 1, ' ');
  text += '\n';
  std::string length = bytesOf(std::vector<uint32_t>{static_cast<uint32_t>(text.size())});
  return "\x93NUMPY"s + version + '\0' + length.substr(0, prefix - 8) + text + data;
}

class TokenFormats : public FilesTest {
protected:
  void expectRefused(const std::string &name, const std::string &content, const std::string &text) {
    EXPECT_MESSAGE(Error, TokenFile(put(name, content)), text);
  }
};

TEST_F(TokenFormats, HeadersOfLlmC) {
  std::string wide = header(20240801, 7, 3) + bytesOf<uint32_t>({1, 128255, 70000});
  // By the magic, not by the name.
  for (const char *name : {"a.bin", "a", "a.txt", "a.u16"})
    EXPECT_EQ(readAll(put(name, wide)), (Tokens{1, 128255, 70000})) << name;
  std::string narrow = header(20240520, 1, 2) + bytesOf<uint16_t>({1, 65535});
  for (const char *name : {"b.bin", "b", "b.u32"})
    EXPECT_EQ(readAll(put(name, narrow)), (Tokens{1, 65535})) << name;
  EXPECT_EQ(TokenFile(path("a")).format().name, "32-bit tokens after llm.c's header");
  EXPECT_EQ(TokenFile(path("b")).format().name, "16-bit tokens after llm.c's header");
}

TEST_F(TokenFormats, RefusesHeadersOfLlmCThatDoNotFit) {
  std::string data = bytesOf<uint32_t>({1, 2});
  expectRefused("a", header(20240801, 1, 2) + data, "a has a header of version 1, expected 7 (uint32 tokens)");
  expectRefused("a", header(20240520, 7, 4) + data, "a has a header of version 7, expected 1 (uint16 tokens)");
  expectRefused("a", header(20240801, 7, 3) + data, "a has 2 tokens, but its header says 3");
  expectRefused("a", header(20240801, 7, 1) + data, "a has 2 tokens, but its header says 1");
  expectRefused("a", header(20240801, 7, 2) + data + "x", "a has 2 tokens and 1 byte, but its header says 2");
  expectRefused("a", header(20240520, 1, 1) + "abc", "a has 1 token and 1 byte, but its header says 1");
  expectRefused("a", header(20240801, 7, 0), "a is empty");
  expectRefused("a", header(20240801, 7, 2).substr(0, 1000), "a ends within its header: 1000 of 1024 bytes");
  expectRefused("a", header(20240801, 7, 2).substr(0, 4), "a ends within its header: 4 of 1024 bytes");
}

TEST_F(TokenFormats, RefusesOtherFilesOfLlmC) {
  expectRefused("a.bin", header(20240326, 3, 1024), "is weights of llm.c, expected text or tokens");
  expectRefused("a.bin", header(20240327, 2, 4), "is a debug state of llm.c");
  expectRefused("a.bin", header(20240328, 2, 50257), "is a tokenizer of llm.c");
  expectRefused("a.bin", header(20240522, 1, 7), "is a multiple-choice evaluation of llm.c");
}

TEST_F(TokenFormats, NumpyArrays) {
  Tokens expected{0, 7, 100};
  EXPECT_EQ(readAll(put("a", numpy("|u1", "(3,)", bytesOf<uint8_t>({0, 7, 100})))), expected);
  EXPECT_EQ(readAll(put("a", numpy("|i1", "(3,)", bytesOf<int8_t>({0, 7, 100})))), expected);
  EXPECT_EQ(readAll(put("a", numpy("<u2", "(3,)", bytesOf<uint16_t>({0, 7, 100})))), expected);
  EXPECT_EQ(readAll(put("a", numpy("<i2", "(3,)", bytesOf<int16_t>({0, 7, 100})))), expected);
  EXPECT_EQ(readAll(put("a", numpy("<u4", "(3,)", bytesOf<uint32_t>({0, 7, 100}), 2))), expected);
  EXPECT_EQ(readAll(put("a", numpy("<i4", "(3,)", bytesOf<int32_t>({0, 7, 100}), 3))), expected);
  EXPECT_EQ(readAll(put("a", numpy("<u8", "(3,)", bytesOf<uint64_t>({0, 7, 100})))), expected);
  EXPECT_EQ(readAll(put("a.bin", numpy("<i8", "(3,)", bytesOf<int64_t>({0, 7, 100})))), expected);
  EXPECT_EQ(TokenFile(path("a.bin")).format().name, "NumPy's int64");
}

TEST_F(TokenFormats, RefusesNumbersThatAreNoTokens) {
  std::string file = put("a", numpy("<i8", "(2,)", bytesOf<int64_t>({1, -1})));
  EXPECT_MESSAGE(Error, readAll(file, 100), file + ": token -1 at position 1 is outside the model's vocabulary of 100");
  // Cut to 32 bits it would be token 1.
  put("a", numpy("<i8", "(2,)", bytesOf<int64_t>({1, (int64_t(1) << 32) + 1})));
  EXPECT_MESSAGE(Error, readAll(file, 100), "token 4294967297 at position 1");
  put("a", numpy("|i1", "(1,)", "\xff"));
  EXPECT_MESSAGE(Error, readAll(file), "token -1 at position 0");
}

TEST_F(TokenFormats, RefusesOtherNumpyArrays) {
  std::string data(12, '\0');
  for (const char *type : {">u2", ">i4", "<f4", "<f2", "|b1", "|O", "<U4", "<u3", "|u2", "<c8"})
    expectRefused("a.npy", numpy(type, "(3,)", data), "NumPy array of type '"s + type + "', expected little-endian");
  for (const char *shape : {"()", "(3, 2)", "(3, 1)", "(1,3)", "(-3,)", "(3", "3", "(99999999999999999999,)"})
    expectRefused("a.npy", numpy("<u2", shape, data), "expected one dimension, such as '(1000,)'");
  expectRefused("a.npy", numpy("<u4", "(4,)", data), "a.npy has 3 tokens, but its header says 4");
  expectRefused("a.npy", numpy("<u8", "(1,)", data), "a.npy has 1 token and 4 bytes, but its header says 1");
  expectRefused("a.npy", numpy("<u8", "(0,)", ""), "a.npy is empty");
  expectRefused("a.npy", "\x93NUMPY\1", "ends within its header");
  expectRefused("a.npy", numpy("<u2", "(6,)", data, 4), "of an unknown version");
  expectRefused("a.npy", numpy("<u2", "(6,)", data).substr(0, 40), "which ends behind the file");
  expectRefused("a.npy", "\x93NUMPY\1\0\x10\0{'descr': [('a', "s, "of type '[('a'");
}

TEST_F(TokenFormats, RefusesOtherFormatsByName) {
  std::string zeros(300, '\0');
  std::pair<std::string, const char *> foreign[] = {{"\x1f\x8b\x08\x08"s, "compressed by gzip"},
                                                    {"\x28\xb5\x2f\xfd", "compressed by zstd"},
                                                    {"\x04\x22\x4d\x18", "compressed by lz4"},
                                                    {"\xfd\x37zXZ\0"s, "compressed by xz"},
                                                    {"BZh91AY&SY", "compressed by bzip2"},
                                                    {"PK\3\4", "a zip archive"},
                                                    {"PK\5\6", "a zip archive"},
                                                    {"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"},
                                                    {"PAR1", "a Parquet table"},
                                                    {"ARROW1\0\0"s, "an Arrow table"},
                                                    {"\xff\xff\xff\xff\x10", "an Arrow stream"},
                                                    {"ORC\x0a", "an ORC table"},
                                                    {"Obj\1", "an Avro table"},
                                                    {"\x89HDF\r\n\x1a\n", "an HDF5 file"},
                                                    {"SQLite format 3\0"s, "an SQLite database"},
                                                    {"MMIDIDX\0\0"s, "the index of a Megatron dataset"},
                                                    {"GGUF\3", "a GGUF model"},
                                                    {"\x7f\x45LF", "a program"},
                                                    {"\x80\4\x95", "a Python pickle"},
                                                    {"\x80\2}q", "a Python pickle"},
                                                    {"\x10\0\0\0\0\0\0\0{\""s, "a safetensors file"},
                                                    {std::string(257, 'a') + "ustar", "a tar archive"}};
  for (const auto &[start, format] : foreign)
    for (const char *name : {"a.txt", "a.bin", "a"})
      expectRefused(name, start + zeros, " is "s + format);
  expectRefused("a.txt", "\xff\xfe\x61\0"s, "is text in UTF-16");
  expectRefused("a", "\xfe\xff\0\x61"s, "is text in UTF-16");
  expectRefused("a.jsonl", "{\"text\": \"a\"}\n", "holds JSON records");
}

TEST_F(TokenFormats, TextIsNotTakenForAnotherFormat) {
  for (const std::string text : {"PAR1 is Parquet's magic", "ORC\nand elf", "BZh9 is not compressed", "{\"a\": 1}",
                                 "PK", "\x1f\x8b", "\x80\x81", "\xef\xbb\xbf text after a byte order mark"})
    EXPECT_EQ(TokenFile(put("a.txt", text)).size(), static_cast<int64_t>(text.size())) << text;
  EXPECT_EQ(TokenFile(put("a.jsonl", "text")).format().name, "text, a token a byte");
}

TEST_F(TokenFormats, RawTokensByTheName) {
  EXPECT_EQ(readAll(put("a.u32", bytesOf<uint32_t>({1, 100000}))), (Tokens{1, 100000}));
  EXPECT_EQ(readAll(put("a.u16", bytesOf<uint16_t>({1, 60000}))), (Tokens{1, 60000}));
  EXPECT_EQ(readAll(put("a.bin", bytesOf<uint16_t>({0xfeff, 5}))), (Tokens{0xfeff, 5}));
  expectRefused("a.u32", "123456", "has a size of 6 bytes, but its tokens are 4 bytes each");
  expectRefused("a.u16", "123", "has an odd size of 3 bytes");
}

TEST_F(TokenFormats, RefusesRawTokensThatAreSurelyOthers) {
  std::vector<uint32_t> wide(20, 70000);
  wide[3] = 5;
  expectRefused("a.bin", bytesOf(wide), "a.bin holds 32-bit tokens by all appearance");
  expectRefused("a.u16", bytesOf(std::vector<int64_t>(8, 9)), "32-bit tokens by all appearance");
  expectRefused("a.bin", "To be, or not to be, that is a question.", "a.bin is text by all appearance");
  // Two tokens in turn, one of them rare; no token but 0; and too few to tell.
  std::vector<uint16_t> narrow;
  for (int i = 0; i < 20; ++i)
    narrow.insert(narrow.end(), {static_cast<uint16_t>(i % 2), 3});
  EXPECT_EQ(TokenFile(put("a.bin", bytesOf(narrow))).size(), 40);
  EXPECT_EQ(TokenFile(put("a.bin", std::string(64, '\0'))).size(), 32);
  EXPECT_EQ(TokenFile(put("a.bin", bytesOf(std::vector<uint32_t>(7, 9)))).size(), 14);
  EXPECT_EQ(TokenFile(put("a.bin", "short text")).size(), 5);
}

TEST_F(TokenFormats, ModelsWithoutATokenizerTakeNoText) {
  EXPECT_MESSAGE(Error, TokenFile(put("a.txt", "abc"), TextInput::Refused),
                 "a.txt is text, but the model takes tokens (its tokenizer is 'none')");
  EXPECT_EQ(TokenFile(put("a.bin", "abcd"), TextInput::Refused).size(), 2);
  EXPECT_EQ(TokenFile(put("a", numpy("<u2", "(1,)", "ab")), TextInput::Refused).size(), 1);
}

TEST_F(TokenFormats, LongReadsAreTheSameAsShortOnes) {
  std::vector<uint16_t> numbers(30001);
  for (size_t i = 0; i < numbers.size(); ++i)
    numbers[i] = static_cast<uint16_t>(i * 7);
  Tokens tokens = readAll(put("a.bin", bytesOf(numbers)));
  for (size_t i = 0; i < numbers.size(); ++i)
    ASSERT_EQ(tokens[i], numbers[i]) << i;
  numbers[20000] = 65535;
  put("a.bin", bytesOf(numbers));
  EXPECT_MESSAGE(Error, readAll(path("a.bin"), 65535), "token 65535 at position 20000");
}

TEST_F(TokenFormats, AFileThatBecomesShorterIsAnError) {
  std::string file = put("a.txt", std::string(10000, 'a'));
  TokenStream stream({file}, 256);
  std::filesystem::resize_file(file, 5000);
  Tokens tokens(10000);
  stream.read(0, 5000, tokens.data()); // what is still there
  EXPECT_MESSAGE(Error, stream.read(4000, 2000, tokens.data()),
                 file + " has become shorter: it ends at byte 5000 of 10000");
  EXPECT_MESSAGE(Error, stream.read(9000, 1, tokens.data()), "has become shorter");
}

} // namespace
