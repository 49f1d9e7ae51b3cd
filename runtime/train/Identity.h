//===- Identity.h - What a run can be told by -------------------*- C++ -*-===//

#ifndef SLUICE_RUNTIME_TRAIN_IDENTITY_H
#define SLUICE_RUNTIME_TRAIN_IDENTITY_H

#include "runtime/abi.h"
#include "runtime/checkpoint/CheckpointIndex.h"

#include <map>
#include <string>
#include <vector>

namespace sluice::runtime {

/// The model of a program. Equal for programs that differ in batch, precision, optimizer and techniques alone.
ModelIdentity identityOf(const sluice_binary &program);

/// Files of data, by what they hold and not by where they lie. Error if one cannot be read.
std::vector<DataFileIdentity> identitiesOf(const std::vector<std::string> &paths);

/// What else a program was compiled to, by name, as text: "batch", "optimizer", ...
std::map<std::string, std::string> compiledSettings(const sluice_binary &program);

/// Of what devices do and of the memory in which they do it: equal for programs that were compiled alike.
std::string pipelineFingerprint(const sluice_binary &program);

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_TRAIN_IDENTITY_H
