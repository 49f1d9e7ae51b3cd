//===- OpenTokens.cpp - Data of a program's model -------------------------===//

#include "runtime/train/OpenTokens.h"

#include <nlohmann/json.hpp>

namespace sluice::runtime {

TextInput textInputOf(const sluice_binary &program) {
  nlohmann::json description = nlohmann::json::parse(program.description, nullptr, /*allow_exceptions=*/false);
  auto isNone = [&] {
    auto tokenizer = description.find("tokenizer");
    return tokenizer != description.end() && *tokenizer == "none";
  };
  return description.is_object() && isNone() ? TextInput::Refused : TextInput::Bytes;
}

std::unique_ptr<TokenStream> openTokens(const std::string &files, const sluice_binary &program) {
  auto stream = std::make_unique<TokenStream>(TokenStream::splitPaths(files), program.vocabulary, textInputOf(program));
  stream->checkTokens();
  return stream;
}

} // namespace sluice::runtime
