//===- TensorBoard.h - Metrics as event files -------------------*- C++ -*-===//
//
// An event file is a sequence of records. A record is a header, which is the length of the data in bytes as uint64, a
// checksum of the header, the data, and a checksum of the data, all little-endian. The data of each are a message Event
// in the encoding of protocol buffers (tensorflow/core/util/event.proto):
//
//   message Event   { double wall_time = 1; int64 step = 2; string file_version = 3; Summary summary = 5;
//                     SessionLog session_log = 7; }
//   message Summary { repeated Value value = 1; }      message Value { string tag = 1; float simple_value = 2; }
//   message SessionLog { SessionStatus status = 1; }   where START is 1
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_RUNTIME_TRAIN_TENSORBOARD_H
#define SLUICE_RUNTIME_TRAIN_TENSORBOARD_H

#include "runtime/train/MetricsLine.h"

#include <cstdint>
#include <string>
#include <string_view>

namespace sluice::runtime {

/// The CRC of Castagnoli's polynomial (RFC 3720, section 12.1).
uint32_t crc32c(std::string_view bytes);

/// The data as a record. A checksum in it is a CRC-32C rotated right by 15 bits, plus 0xa282ead8, so that the CRC of
/// data that hold one stays a good check.
std::string eventRecord(std::string_view data);

/// The path of the first event file in the folder, in the order of the alphabet; empty if there is none.
std::string findEventFile(const std::string &folder);

/// A new event file in a folder, to which every line goes out at once: one event with all its scalars, as floats.
class EventFile : public MetricsSink {
public:
  /// Makes the folder where it is missing. Readers take the files of a folder in the order of their names and drop what
  /// they have of steps >= `firstStep`: they are made again. RunError where the folder or file cannot be made,
  /// OutputError where it cannot be written.
  EventFile(const std::string &folder, int64_t firstStep);
  EventFile(const EventFile &) = delete;
  EventFile &operator=(const EventFile &) = delete;
  ~EventFile() override;

  void write(const MetricsLine &line) override;

private:
  void writeBytes(std::string_view bytes);

  std::string path;
  int descriptor = -1;
};

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_TRAIN_TENSORBOARD_H
