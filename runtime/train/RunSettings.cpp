//===- RunSettings.cpp - Settings of a run in a checkpoint ----------------===//

#include "runtime/train/RunSettings.h"
#include "runtime/Error.h"
#include "runtime/engine/StepScalars.h"

#include <charconv>
#include <cmath>
#include <functional>
#include <optional>

namespace sluice::runtime {

namespace {

/// How one setting becomes text and comes back.
struct Setting {
  const char *flag;
  std::function<std::string(const TrainOptions &)> read;
  /// False where the text is no value.
  std::function<bool(TrainOptions &, const std::string &)> write;
};

} // namespace

static std::string textOf(int64_t value) { return std::to_string(value); }

/// The fewest digits that read back as the same bits, as people write them: 0.0003, 1e-07.
static std::string textOf(double value) {
  char digits[32];
  return std::string(digits, std::to_chars(digits, digits + sizeof(digits), value, std::chars_format::general).ptr);
}

template <typename Number> static bool parse(const std::string &text, Number &into) {
  auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), into);
  return code == std::errc() && end == text.data() + text.size();
}

/// What is not given is no text.
template <typename Number> static std::string textOf(const std::optional<Number> &value) {
  return value ? textOf(*value) : "";
}

template <typename Number> static bool parse(const std::string &text, std::optional<Number> &into) {
  into.reset();
  return text.empty() || parse(text, into.emplace());
}

static std::string textOf(const std::string &text) { return text; }

static bool parse(const std::string &text, std::string &into) {
  into = text;
  return true;
}

static std::string textOf(LearningRateShape shape) { return nameOf(shape); }

static bool parse(const std::string &text, LearningRateShape &into) {
  try {
    into = parseLearningRateShape(text);
    return true;
  } catch (const Error &) {
    return false;
  }
}

/// A setting that is one field of the options.
template <typename Field> static Setting setting(const char *flag, Field field) {
  return {flag, [=](const TrainOptions &options) { return textOf(field(options)); },
          [=](TrainOptions &options, const std::string &text) { return parse(text, field(options)); }};
}

static const std::vector<Setting> &allSettings() {
  static const std::vector<Setting> settings = {
      setting("steps", [](auto &options) -> auto & { return options.optimizer.learningRate.steps; }),
      setting("lr", [](auto &options) -> auto & { return options.optimizer.learningRate.peak; }),
      setting("adamw-lr", [](auto &options) -> auto & { return options.optimizer.adamwPeak; }),
      setting("min-lr", [](auto &options) -> auto & { return options.optimizer.learningRate.minimum; }),
      setting("lr-schedule", [](auto &options) -> auto & { return options.optimizer.learningRate.shape; }),
      setting("warmup", [](auto &options) -> auto & { return options.optimizer.learningRate.warmup; }),
      setting("grad-clip", [](auto &options) -> auto & { return options.optimizer.gradientClip; }),
      setting("warmup-synchronous", [](auto &options) -> auto & { return options.synchronousWarmup; }),
      setting("val-fraction", [](auto &options) -> auto & { return options.data.validationFraction; }),
      setting("eval-every", [](auto &options) -> auto & { return options.evalEvery; }),
      setting("eval-batches", [](auto &options) -> auto & { return options.evalBatches; }),
      setting("checkpoint-every", [](auto &options) -> auto & { return options.checkpointEvery; }),
  };
  return settings;
}

SettingMap settingsOf(const sluice_binary &program, const TrainOptions &given) {
  TrainOptions options = given;
  // Another program may have another default.
  options.optimizer.gradientClip = options.optimizer.gradientClip.value_or(program.grad_clip);
  SettingMap texts;
  for (const Setting &setting : allSettings())
    texts[setting.flag] = setting.read(options);
  return texts;
}

SettingMap scalarsOf(const sluice_binary &program, const Scalars &scalars) {
  SettingMap texts;
  for (uint32_t i = 0; i < program.scalar_count; ++i)
    if (const char *name = program.scalars[i].name; !isComputedScalar(name))
      texts[name] = std::isnan(scalars.get(name)) ? "auto" : textOf(scalars.get(name));
  return texts;
}

void ResumedSettings::add(const ResumedSettings &others) {
  changes.insert(changes.end(), others.changes.begin(), others.changes.end());
  taken.insert(taken.end(), others.taken.begin(), others.taken.end());
}

static std::string changeText(const std::string &flag, const std::string &from, const std::string &to) {
  return flag + " " + (from.empty() ? "none" : from) + " -> " + (to.empty() ? "none" : to);
}

ResumedSettings resumeSettings(const sluice_binary &program, TrainOptions &options, const SettingMap &saved,
                               const std::set<std::string> &given) {
  ResumedSettings result;
  SettingMap own = settingsOf(program, options);
  for (const Setting &setting : allSettings()) {
    auto found = saved.find(setting.flag);
    // One that all runs had the default of, while there was none.
    if (found == saved.end() && std::string(setting.flag) == "warmup-synchronous")
      continue;
    if (found == saved.end())
      throw Error("the checkpoint does not say '" + std::string(setting.flag) + "'");
    const std::string flag = "--" + std::string(setting.flag), &mine = own[setting.flag];
    if (given.count(setting.flag)) {
      if (mine != found->second)
        result.changes.push_back(changeText(flag, found->second, mine));
      continue;
    }
    if (!setting.write(options, found->second))
      throw Error("the checkpoint says '" + found->second + "' of '" + setting.flag + "', which is no value of it");
    if (mine != found->second)
      result.taken.push_back(flag + "=" + found->second);
  }
  return result;
}

ResumedSettings resumeScalars(const sluice_binary &program, Scalars &scalars, const SettingMap &saved,
                              const SettingMap &given) {
  ResumedSettings result;
  SettingMap own = scalarsOf(program, scalars);
  for (const auto &[name, text] : saved) {
    auto mine = own.find(name);
    auto flag = given.find(name);
    double value = 0;
    if (mine == own.end())
      result.changes.push_back(changeText("--set " + name, text, "not used by this program"));
    else if (mine->second == text)
      continue;
    else if (flag != given.end())
      result.changes.push_back(changeText(flag->second, text, mine->second));
    else if (text == "auto")
      scalars.setIfPresent(name, std::nan(""));
    else if (!parse(text, value))
      throw Error("the checkpoint says '" + text + "' of the scalar '" + name + "', which is no number");
    else
      scalars.setByUser(name, value);
    if (mine != own.end() && flag == given.end())
      result.taken.push_back("--set " + name + "=" + text);
  }
  return result;
}

} // namespace sluice::runtime
