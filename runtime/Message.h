//===- Message.h - What people are told -------------------------*- C++ -*-===//
//
// Header only and without dependencies, because the compiler's tools print messages as programs do.
//
//===----------------------------------------------------------------------===//
#ifndef SLUICE_RUNTIME_MESSAGE_H
#define SLUICE_RUNTIME_MESSAGE_H

#include <cstddef>
#include <string>
#include <string_view>

namespace sluice::runtime {

/// Most characters of a message.
inline constexpr size_t kLongestMessage = 2000;

/// Bytes of the UTF-8 character that `text` begins with, 0 where it begins with none: overlong forms, surrogates and
/// what lies beyond U+10FFFF are none.
inline size_t characterBytes(std::string_view text) {
  auto byte = [&](size_t i) { return static_cast<unsigned char>(i < text.size() ? text[i] : 0); };
  unsigned char first = byte(0), second = byte(1);
  if (first < 0x80)
    return text.empty() ? 0 : 1;
  size_t bytes = first >= 0xC2 && first <= 0xDF   ? 2
                 : (first & 0xF0) == 0xE0         ? 3
                 : first >= 0xF0 && first <= 0xF4 ? 4
                                                  : 0;
  bool isForbidden = (first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) ||
                     (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F);
  for (size_t i = 1; i < bytes; ++i)
    isForbidden |= (byte(i) & 0xC0) != 0x80;
  return isForbidden ? 0 : bytes;
}

/// The text as valid UTF-8 of at most kLongestMessage characters, whatever it holds: other bytes become U+FFFD, control
/// characters except line ends and tabs `?`, and what is too long ends with ` ...`.
inline std::string messageText(std::string_view text) {
  constexpr std::string_view ending = " ...";
  std::string message, shortened;
  size_t characters = 0;
  while (!text.empty()) {
    size_t bytes = characterBytes(text);
    unsigned char first = static_cast<unsigned char>(text.front());
    bool isControl = bytes == 1 && (first < 0x20 || first == 0x7F) && first != '\n' && first != '\t';
    if (characters == kLongestMessage - ending.size())
      shortened = message;
    if (characters == kLongestMessage)
      return shortened.append(ending);
    message.append(bytes == 0 ? "\xEF\xBF\xBD" : isControl ? "?" : text.substr(0, bytes));
    text.remove_prefix(bytes == 0 ? 1 : bytes);
    ++characters;
  }
  return message;
}

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_MESSAGE_H
