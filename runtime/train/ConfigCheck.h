//===- ConfigCheck.h - Whether weights are of this model --------*- C++ -*-===//

#ifndef SLUICE_RUNTIME_TRAIN_CONFIGCHECK_H
#define SLUICE_RUNTIME_TRAIN_CONFIGCHECK_H

#include "runtime/abi.h"

#include <string>

namespace sluice::runtime {

/// Compares the config.json that lies beside weights with the program's description: another number of heads, norm or
/// activation has parameters of the same shapes. `weights` is what WeightFiles takes. A configuration of Hugging Face's
/// GPT-2 is read with the aliases and the defaults that transformers knows, a model description op by op; what is
/// neither, or is not there, says nothing. Error, which names file and key, what was expected and what was found.
void checkConfigBeside(const sluice_binary &program, const std::string &weights);

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_TRAIN_CONFIGCHECK_H
