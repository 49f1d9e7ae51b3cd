//===- HuggingFaceKeys.h - Keys of Hugging Face configurations -----------------===//
#ifndef SLUICE_PASSES_IMPORT_HUGGINGFACEKEYS_H
#define SLUICE_PASSES_IMPORT_HUGGINGFACEKEYS_H

#include "passes/Import/Reader.h"

namespace sluice {

/// The value of a GPT-2 key under any of the names that transformers know it by (`n_embd`, `hidden_size`), or null
/// where it has none. Two names with different values are an error.
const JsonValue *findConfigValue(Reader &reader, const JsonValue &config, llvm::StringRef key);

/// Refuses what makes another model than the GPT-2 that is built, and names all other keys that nothing is known of in
/// one warning. Values that are null say nothing.
void checkConfigKeys(Reader &reader, const JsonValue &config);

} // namespace sluice

#endif // SLUICE_PASSES_IMPORT_HUGGINGFACEKEYS_H
