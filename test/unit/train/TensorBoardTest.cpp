//===- TensorBoardTest.cpp - Tests of event files -------------------------===//

#include "runtime/train/TensorBoard.h"

#include "TestFiles.h"

#include <cmath>
#include <csignal>
#include <cstring>
#include <ctime>
#include <sys/resource.h>

using namespace sluice::runtime;

namespace {

/// An event as this test reads it.
struct Event {
  double wallTime = 0;
  uint64_t step = 0;
  std::string version;
  std::vector<std::pair<std::string, float>> values;
  uint64_t sessionStatus = 0;
};

/// Bit by bit, as the polynomial is defined: every bit of the data goes through the register once.
uint32_t slowChecksum(const std::string &bytes) {
  uint32_t crc = 0xFFFFFFFF;
  for (size_t bit = 0; bit < 8 * bytes.size(); ++bit) {
    uint32_t out = (crc ^ static_cast<unsigned char>(bytes[bit / 8]) >> bit % 8) & 1;
    crc = (crc >> 1) ^ (out ? 0x82F63B78 : 0);
  }
  crc = ~crc;
  return (crc >> 15 | crc << 17) + 0xa282ead8;
}

/// Reads from the front of a text, and fails the test where that ends too soon.
struct Reader {
  std::string text;

  std::string take(size_t count) {
    EXPECT_LE(count, text.size());
    std::string taken = text.substr(0, count);
    text.erase(0, count);
    return taken;
  }
  template <typename Value> Value fixed() {
    Value value = {};
    std::string bytes = take(sizeof(value));
    std::memcpy(&value, bytes.data(), bytes.size());
    return value;
  }
  uint64_t varint() {
    uint64_t value = 0;
    for (int shift = 0;; shift += 7) {
      auto byte = fixed<uint8_t>();
      value |= static_cast<uint64_t>(byte & 0x7F) << shift;
      if (byte < 0x80)
        return value;
    }
  }
};

std::pair<std::string, float> readValue(Reader reader) {
  EXPECT_EQ(reader.varint(), 0x0Au); // field 1, bytes
  std::string tag = reader.take(reader.varint());
  EXPECT_EQ(reader.varint(), 0x15u); // field 2, 32 bits
  auto value = reader.fixed<float>();
  EXPECT_EQ(reader.text, "");
  return {tag, value};
}

Event readEvent(Reader reader) {
  Event event;
  while (!reader.text.empty() && !::testing::Test::HasFailure()) {
    uint64_t key = reader.varint();
    if (key == (1 << 3 | 1)) {
      event.wallTime = reader.fixed<double>();
    } else if (key == 2 << 3) {
      event.step = reader.varint();
    } else if (key == (3 << 3 | 2)) {
      event.version = reader.take(reader.varint());
    } else if (key == (5 << 3 | 2)) {
      Reader summary{reader.take(reader.varint())};
      while (!summary.text.empty() && !::testing::Test::HasFailure()) {
        EXPECT_EQ(summary.varint(), 0x0Au);
        event.values.push_back(readValue({summary.take(summary.varint())}));
      }
    } else if (key == (7 << 3 | 2)) {
      Reader log{reader.take(reader.varint())};
      EXPECT_EQ(log.varint(), 0x08u);
      event.sessionStatus = log.varint();
    } else {
      ADD_FAILURE() << "unknown field " << key;
    }
  }
  return event;
}

std::vector<Event> readEvents(const std::string &file) {
  std::vector<Event> events;
  Reader reader{file};
  while (!reader.text.empty() && !::testing::Test::HasFailure()) {
    std::string header = reader.take(8);
    uint64_t length;
    std::memcpy(&length, header.data(), 8);
    EXPECT_EQ(reader.fixed<uint32_t>(), slowChecksum(header));
    std::string data = reader.take(length);
    EXPECT_EQ(reader.fixed<uint32_t>(), slowChecksum(data));
    events.push_back(readEvent({data}));
  }
  return events;
}

class TensorBoard : public FilesTest {};

// RFC 3720, section B.4, and the check value of the catalogues.
TEST_F(TensorBoard, ChecksumsHaveTheKnownAnswers) {
  std::string rising, falling;
  for (int i = 0; i < 32; ++i) {
    rising += static_cast<char>(i);
    falling += static_cast<char>(31 - i);
  }
  EXPECT_EQ(crc32c(""), 0u);
  EXPECT_EQ(crc32c("123456789"), 0xE3069283u);
  EXPECT_EQ(crc32c(std::string(32, '\0')), 0x8A9136AAu);
  EXPECT_EQ(crc32c(std::string(32, '\xFF')), 0x62A8AB43u);
  EXPECT_EQ(crc32c(rising), 0x46DD794Eu);
  EXPECT_EQ(crc32c(falling), 0x113FDB5Cu);
}

// What every event file of TensorFlow begins with.
TEST_F(TensorBoard, ARecordOf24BytesHasItsKnownHeader) {
  std::string record = eventRecord(std::string(24, 'x'));
  EXPECT_EQ(record.size(), 8u + 4 + 24 + 4);
  EXPECT_EQ(record.substr(0, 12), std::string("\x18\0\0\0\0\0\0\0\xa3\x7f\x4b\x22", 12));
}

TEST_F(TensorBoard, WritesTheVersionTheStartAndTheScalarsOfEveryLine) {
  double before = static_cast<double>(std::time(nullptr));
  {
    EventFile file(path("a/b"), 300);
    std::vector<MetricsLine> layers(2);
    layers[0].addName("name", "h.0").add("kept", 0.5).add("range", std::vector<double>{-1, 2});
    layers[1].addName("name", "h.1").add("kept", 1.0);
    file.write(MetricsLine(300).add("loss", 2.5).add("flops", int64_t{1} << 40).add("layers", layers));
    file.write(MetricsLine(301).add("loss", 0.1).add("val_loss", NAN));
  }
  std::vector<std::string> files;
  for (const auto &entry : std::filesystem::directory_iterator(path("a/b")))
    files.push_back(entry.path().filename().string());
  ASSERT_EQ(files.size(), 1u);
  EXPECT_EQ(files[0].rfind("events.out.tfevents." + std::to_string(static_cast<int64_t>(before)).substr(0, 8), 0), 0u);

  std::string bytes = get("a/b/" + files[0]);
  EXPECT_EQ(bytes.substr(0, 12), std::string("\x18\0\0\0\0\0\0\0\xa3\x7f\x4b\x22", 12));
  std::vector<Event> events = readEvents(bytes);
  ASSERT_EQ(events.size(), 4u);
  for (const Event &event : events) {
    EXPECT_GE(event.wallTime, before);
    EXPECT_LE(event.wallTime, before + 60);
  }
  EXPECT_EQ(events[0].version, "brain.Event:2");
  EXPECT_EQ(events[1].sessionStatus, 1u);
  EXPECT_EQ(events[1].step, 300u);
  using Values = std::vector<std::pair<std::string, float>>;
  EXPECT_EQ(events[2].step, 300u);
  EXPECT_EQ(events[2].values, (Values{{"loss", 2.5f},
                                      {"flops", 0x1p40f},
                                      {"layers/h.0/kept", 0.5f},
                                      {"layers/h.0/range/0", -1.0f},
                                      {"layers/h.0/range/1", 2.0f},
                                      {"layers/h.1/kept", 1.0f}}));
  EXPECT_EQ(events[3].step, 301u);
  ASSERT_EQ(events[3].values.size(), 2u);
  EXPECT_EQ(events[3].values[0], (std::pair<std::string, float>("loss", 0.1f)));
  EXPECT_TRUE(std::isnan(events[3].values[1].second));
}

TEST_F(TensorBoard, EventsAreThereAtOnce) {
  EventFile file(folder, 0);
  EXPECT_EQ(readEvents(get(names().at(0))).size(), 2u);
  file.write(MetricsLine(0).add("loss", 1.0));
  EXPECT_EQ(readEvents(get(names().at(0))).size(), 3u);
}

TEST_F(TensorBoard, EveryFileIsNewAndComesAfterThoseThatAreThere) {
  EXPECT_EQ(findEventFile(folder), "");
  EXPECT_EQ(findEventFile(path("missing")), "");
  // Of a machine whose clock is ahead.
  std::string ahead = "events.out.tfevents.4000000000.host";
  put(ahead, "kept");
  put("other", "");
  EXPECT_EQ(findEventFile(folder), path(ahead));
  for (int64_t step : {0, 1, 2})
    EventFile(folder, step);
  std::vector<std::string> files = names();
  ASSERT_EQ(files.size(), 5u);
  EXPECT_EQ(files[0], ahead);
  EXPECT_EQ(get(ahead), "kept");
  for (size_t i : {0, 1, 2})
    EXPECT_EQ(readEvents(get(files[i + 1])).at(1).step, i);
}

TEST_F(TensorBoard, AFullDiskIsAFailedRun) {
  EventFile file(folder, 0);
  // What a disk has room for: the file may not grow.
  struct rlimit before, none;
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  none = before;
  none.rlim_cur = 1;
  auto handler = std::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &none), 0);
  std::string message = messageOf<OutputError>([&] { file.write(MetricsLine(0).add("loss", 1.0)); });
  EXPECT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, handler);
  EXPECT_EQ(message, "cannot write the event file " + findEventFile(folder) + ": File too large");
}

TEST_F(TensorBoard, AFolderThatCannotBeMadeIsAFailedRun) {
  put("file", "");
  EXPECT_MESSAGE(RunError, EventFile(path("file/below"), 0), "cannot make the folder " + path("file/below"));
}

} // namespace
