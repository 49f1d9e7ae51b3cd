//===- MessageTest.cpp ----------------------------------------------------===//
#include "runtime/Message.h"

#include <gtest/gtest.h>

using namespace sluice::runtime;
using namespace std::string_literals;

namespace {

TEST(Message, ValidTextIsKept) {
  for (const std::string &text : {""s, "expected 1\n\tfound 2"s, "Ærøskøbing € 𝄞 \xEF\xBF\xBD"s, "\xF4\x8F\xBF\xBF"s})
    EXPECT_EQ(messageText(text), text);
}

TEST(Message, OtherBytesAreReplaced) {
  const std::string mark = "\xEF\xBF\xBD";
  EXPECT_EQ(messageText("a\xff\xfe z"), "a" + mark + mark + " z");
  EXPECT_EQ(messageText("\xe4hnlich"), mark + "hnlich");                 // Latin-1
  EXPECT_EQ(messageText("\xe2\x82"), mark + mark);                       // cut off
  EXPECT_EQ(messageText("\xc0\xaf"), mark + mark);                       // overlong
  EXPECT_EQ(messageText("\xe0\x80\xaf"), mark + mark + mark);            // overlong
  EXPECT_EQ(messageText("\xed\xa0\x80"), mark + mark + mark);            // a surrogate
  EXPECT_EQ(messageText("\xf4\x90\x80\x80"), mark + mark + mark + mark); // beyond Unicode
  EXPECT_EQ(messageText("\xf0\x80\x80\x80"), mark + mark + mark + mark); // overlong
  EXPECT_EQ(messageText("a\0b\x1b[31m\x7f\r"s), "a?b?[31m??");
}

TEST(Message, LongTextIsCut) {
  EXPECT_EQ(messageText(std::string(2000, 'a')), std::string(2000, 'a'));
  EXPECT_EQ(messageText(std::string(2001, 'a')), std::string(1996, 'a') + " ...");
  std::string wide;
  for (int i = 0; i < 3000; ++i)
    wide += "€";
  std::string cut = messageText(wide);
  EXPECT_EQ(cut, wide.substr(0, 1996 * 3) + " ...");
  EXPECT_EQ(messageText(std::string(5000, '\xff')).size(), 1996u * 3 + 4);
}

} // namespace
