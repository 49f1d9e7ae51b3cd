//===- OpenTokens.h - Data of a program's model -----------------*- C++ -*-===//

#ifndef SLUICE_RUNTIME_TRAIN_OPENTOKENS_H
#define SLUICE_RUNTIME_TRAIN_OPENTOKENS_H

#include "runtime/abi.h"
#include "runtime/data/TokenStream.h"

#include <memory>
#include <string>

namespace sluice::runtime {

/// What the tokenizer of the model's description says; a description without one takes bytes.
TextInput textInputOf(const sluice_binary &program);

/// Opens files with commas between them, and checks their tokens as TokenStream::checkTokens. Error as TokenStream.
std::unique_ptr<TokenStream> openTokens(const std::string &files, const sluice_binary &program);

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_TRAIN_OPENTOKENS_H
