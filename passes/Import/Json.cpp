//===- Json.cpp - JSON with positions -------------------------------------------===//
#include "passes/Import/Json.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/Diagnostics.h"
#include <algorithm>
#include <iterator>
#include <nlohmann/json.hpp>

using namespace mlir;
using namespace sluice;

const JsonValue *JsonValue::find(StringRef key) const {
  auto found = llvm::find_if(members, [&](const Member &member) { return member.first == key; });
  return found == members.end() ? nullptr : &found->second;
}

/// At most 80 bytes; a character is not cut.
static std::string shortened(const std::string &text) {
  size_t end = 77;
  if (text.size() <= 80)
    return text;
  while (end > 0 && (text[end] & 0xC0) == 0x80)
    --end;
  return text.substr(0, end) + "...";
}

std::string JsonValue::describe() const {
  switch (kind) {
  case Kind::Null:
    return "null";
  case Kind::Boolean:
    return boolean ? "true" : "false";
  case Kind::Integer:
    return std::to_string(integer);
  case Kind::Real:
    return text;
  case Kind::String:
    return "'" + shortened(text) + "'";
  case Kind::Array:
    return "an array";
  case Kind::Object:
    return "an object";
  }
  return "";
}

Location JsonValue::location(StringRef file, MLIRContext *context) const {
  return NameLoc::get(StringAttr::get(context, pointer), FileLineColLoc::get(context, file, line, column));
}

void sluice::reportJsonError(const JsonValue &value, StringRef file, MLIRContext *context, const Twine &message) {
  InFlightDiagnostic diagnostic = emitError(value.location(file, context));
  if (value.pointer.empty())
    diagnostic << "at the top: " << message;
  else
    diagnostic << "at '" << value.pointer << "': " << message;
}

std::string sluice::compactJson(StringRef text) {
  return nlohmann::ordered_json::parse(text.begin(), text.end(), /*cb=*/nullptr, /*allow_exceptions=*/false)
      .dump(-1, ' ', /*ensure_ascii=*/false, nlohmann::ordered_json::error_handler_t::replace);
}

namespace {

constexpr unsigned maxNesting = 64;

/// An iterator over the text that tells how far the lexer has read; nlohmann's events carry no positions.
struct CountingIterator {
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char *;
  using reference = const char &;

  const char *position;
  const char **furthest; // shared by all copies

  reference operator*() const { return *position; }
  CountingIterator &operator++() {
    ++position;
    *furthest = std::max(*furthest, position);
    return *this;
  }
  CountingIterator operator++(int) {
    CountingIterator old = *this;
    ++*this;
    return old;
  }
  bool operator==(const CountingIterator &other) const { return position == other.position; }
  bool operator!=(const CountingIterator &other) const { return position != other.position; }
};

/// Builds the tree from the parser's events.
class TreeBuilder : public nlohmann::json_sax<nlohmann::json> {
public:
  TreeBuilder(StringRef text, StringRef file, MLIRContext *context)
      : text(text), file(file), context(context), furthest(text.begin()), counted(text.begin()),
        tokenEnd(text.begin()) {}

  std::unique_ptr<JsonValue> parse() {
    bool good = nlohmann::json::sax_parse(CountingIterator{text.begin(), &furthest},
                                          CountingIterator{text.end(), &furthest}, this);
    return good ? std::move(root) : nullptr;
  }

  bool null() override { return add(JsonValue::Kind::Null) != nullptr; }
  bool boolean(bool value) override {
    JsonValue *node = add(JsonValue::Kind::Boolean);
    node->boolean = value;
    return true;
  }
  bool number_integer(number_integer_t value) override {
    JsonValue *node = add(JsonValue::Kind::Integer);
    node->integer = value;
    node->real = static_cast<double>(value);
    return true;
  }
  bool number_unsigned(number_unsigned_t value) override {
    if (value <= static_cast<number_unsigned_t>(INT64_MAX))
      return number_integer(static_cast<number_integer_t>(value));
    return number_float(static_cast<double>(value), std::to_string(value));
  }
  bool number_float(number_float_t value, const string_t &spelling) override {
    JsonValue *node = add(JsonValue::Kind::Real);
    node->real = value;
    node->text = spelling;
    return true;
  }
  bool string(string_t &value) override {
    add(JsonValue::Kind::String)->text = std::move(value);
    return true;
  }
  bool binary(binary_t &) override { return false; }
  bool start_object(std::size_t) override { return open(JsonValue::Kind::Object); }
  bool start_array(std::size_t) override { return open(JsonValue::Kind::Array); }
  bool end_object() override { return close(); }
  bool end_array() override { return close(); }

  bool key(string_t &value) override {
    JsonValue place;
    locate(place);
    JsonValue &parent = *stack.back();
    if (parent.find(value)) {
      place.pointer = parent.pointer;
      reportJsonError(place, file, context, "expected every key once, found '" + value + "' again");
      return false;
    }
    pendingKey = std::move(value);
    return true;
  }

  bool parse_error(std::size_t, const std::string &, const nlohmann::detail::exception &error) override {
    // "[json.exception...] parse error at line 1, column 2: what is wrong"
    StringRef message = error.what();
    size_t start = message.find("syntax error");
    if (start == StringRef::npos)
      start = message.find("] ") == StringRef::npos ? 0 : message.find("] ") + 2;
    message = message.drop_front(start);
    // "; last read: '...'" quotes everything since the token before; the position says it better.
    auto [before, quoted] = message.split("; last read: '");
    size_t after = quoted.rfind("'; expected");
    std::string wrong = (before + (after == StringRef::npos ? "" : quoted.drop_front(after + 1))).str();
    JsonValue place;
    locate(place);
    place.pointer = stack.empty() ? "" : stack.back()->pointer;
    if (text.trim().empty())
      reportJsonError(place, file, context, "expected a JSON object, found an empty file");
    else
      reportJsonError(place, file, context, "expected valid JSON: " + wrong);
    return false;
  }

private:
  /// The token of this event starts where the one before ended, after white space and separators.
  void locate(JsonValue &node) {
    const char *start = tokenEnd;
    while (start < text.end() && StringRef(" \t\r\n,:").contains(*start))
      ++start;
    for (; counted < start; ++counted) {
      if (*counted == '\n') {
        ++line;
        column = 1;
      } else if ((*counted & 0xC0) != 0x80) { // columns count characters, not UTF-8 bytes
        ++column;
      }
    }
    node.line = line;
    node.column = column;
    tokenEnd = furthest;
  }

  JsonValue *add(JsonValue::Kind kind) {
    JsonValue *node;
    if (stack.empty()) {
      root = std::make_unique<JsonValue>();
      node = root.get();
    } else if (JsonValue &parent = *stack.back(); parent.isArray()) {
      parent.items.emplace_back();
      node = &parent.items.back();
      node->pointer = parent.pointer + "/" + std::to_string(parent.items.size() - 1);
    } else {
      parent.members.emplace_back(pendingKey, JsonValue());
      node = &parent.members.back().second;
      node->pointer = parent.pointer + "/";
      for (char c : pendingKey)
        node->pointer += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
    }
    node->kind = kind;
    locate(*node);
    return node;
  }

  bool open(JsonValue::Kind kind) {
    JsonValue *node = add(kind);
    stack.push_back(node);
    if (stack.size() <= maxNesting)
      return true;
    reportJsonError(*node, file, context,
                    "expected at most " + Twine(maxNesting) + " levels of nested arrays and objects");
    return false;
  }

  bool close() {
    stack.pop_back();
    tokenEnd = furthest;
    return true;
  }

  StringRef text, file;
  MLIRContext *context;
  const char *furthest, *counted, *tokenEnd;
  unsigned line = 1, column = 1;
  std::unique_ptr<JsonValue> root;
  std::vector<JsonValue *> stack; // open arrays and objects: an open one is the last of its parent, so none moves
  std::string pendingKey;
};

} // namespace

std::unique_ptr<JsonValue> sluice::parseJson(StringRef text, StringRef file, MLIRContext *context) {
  return TreeBuilder(text, file, context).parse();
}
