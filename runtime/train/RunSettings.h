//===- RunSettings.h - Settings of a run in a checkpoint --------*- C++ -*-===//
//
// A checkpoint keeps every setting of its run as text under the name of its flag. Who resumes has them as defaults, and
// is told where a flag that was given differs. Names of flags are without their hyphens.
//
//===----------------------------------------------------------------------===//

#ifndef SLUICE_RUNTIME_TRAIN_RUNSETTINGS_H
#define SLUICE_RUNTIME_TRAIN_RUNSETTINGS_H

#include "runtime/engine/Scalars.h"
#include "runtime/train/TrainOptions.h"

#include <map>
#include <set>
#include <string>
#include <vector>

namespace sluice::runtime {

using SettingMap = std::map<std::string, std::string>;

/// All settings of a run but its data, order and seeds, which a checkpoint has of its own, and what belongs to the
/// machine and not to the run: threads, files.
SettingMap settingsOf(const sluice_binary &program, const TrainOptions &options);

/// All scalars that a user may set, by name; "auto" where the program computes one.
SettingMap scalarsOf(const sluice_binary &program, const Scalars &scalars);

/// What became of the settings of a checkpoint.
struct ResumedSettings {
  std::vector<std::string> changes; ///< A line for each that differs: "--lr 0.005 -> 0.001".
  std::vector<std::string> taken;   ///< Those that differ from this program's own defaults: "--lr=0.005".

  void add(const ResumedSettings &others);
};

/// Sets every option whose flag is not in `given` to what the checkpoint says. Error where it says what is no value.
ResumedSettings resumeSettings(const sluice_binary &program, TrainOptions &options, const SettingMap &saved,
                               const std::set<std::string> &given);

/// The same for scalars; `given` has the flag of each that was given, as people wrote it: {"beta1", "--beta1"}.
ResumedSettings resumeScalars(const sluice_binary &program, Scalars &scalars, const SettingMap &saved,
                              const SettingMap &given);

} // namespace sluice::runtime

#endif // SLUICE_RUNTIME_TRAIN_RUNSETTINGS_H
