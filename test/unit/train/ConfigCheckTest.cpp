//===- ConfigCheckTest.cpp - Tests of what is compared of a config.json ----===//

#include "runtime/train/ConfigCheck.h"

#include "FakeProgram.h"
#include "TestFiles.h"

using namespace sluice::runtime;

namespace {

/// A model of two layers as a description, with the keys that a test changes.
struct Model {
  std::string dimensions = R"("width": 32, "heads": 4, "layers": 2)", heads = R"("heads")", attention = "", norm = "",
              activation = R"({"op": "gelu"})", objective = "", more = "";

  std::string text() const {
    return R"({"dimensions": {)" + dimensions + R"(}, "model": [
      {"op": "embedding", "name": "wte", "rows": 256, "width": "width"}, {"op": "dropout", "rate": 0.1},
      {"repeat": "layers", "name": "h", "body": [
        {"residual": [{"op": "layer_norm", "name": "ln_1")" +
           norm + R"(}, {"op": "attention", "name": "attn", "heads": )" + heads + attention + R"(}]},
        {"residual": [{"op": "linear", "name": "fc", "outputs": "4*width"}, )" +
           activation + R"(]}]}],
      "objective": {"op": "linear_cross_entropy", "tied": "wte")" +
           objective + "}" + more + "}";
  }
};

class ConfigCheck : public FilesTest {
protected:
  /// Compares a config.json with a program of this description.
  void check(const std::string &config, const std::string &description = Model().text()) {
    put("config.json", config);
    sluice_binary program = sluice_program;
    program.description = description.c_str();
    checkConfigBeside(program, folder);
    checkConfigBeside(program, path("model.safetensors"));
  }
  void refuses(const std::string &config, const std::string &text) {
    EXPECT_MESSAGE(Error, check(config), path("config.json") + ": key '" + text);
  }
};

/// A configuration that says the same as Model.
std::string gpt2(const std::string &more = "") {
  return R"({"model_type": "gpt2", "n_embd": 32, "n_layer": 2)" + more + "}";
}

TEST_F(ConfigCheck, ConfigurationsThatSayTheSame) {
  check(gpt2(R"(, "n_head": 4)"));
  check(gpt2(R"(, "num_attention_heads": 4, "n_head": null, "num_key_value_heads": 4, "head_dim": 8)"));
  check(gpt2(R"(, "n_head": 4, "layer_norm_epsilon": 0.00001, "activation_function": "gelu_pytorch_tanh")"));
  check(gpt2(R"(, "n_head": 4, "resid_pdrop": 0.5, "scale_attn_weights": true, "pruned_heads": {}, "alibi": null)"));
  check(gpt2(R"(, "n_head": 4, "embedding_multiplier": 1.0, "vocab_size": 7, "_name_or_path": "x")"));
}

TEST_F(ConfigCheck, ConfigurationsOfOtherModels) {
  refuses(gpt2(R"(, "n_head": 2)"), "n_head': expected 4, as this program's model has it, found 2");
  refuses(gpt2(R"(, "num_attention_heads": 8)"), "num_attention_heads': expected 4, ");
  refuses(gpt2(), "n_head': expected 4, as this program's model has it, found none, which means 12");
  refuses(gpt2(R"(, "n_head": 4, "num_heads": 2)"), "num_heads': expected 4, ");
  refuses(gpt2(R"(, "n_head": 4, "num_kv_heads": 1)"), "num_kv_heads': expected 4, ");
  refuses(gpt2(R"(, "n_head": 4, "head_dim": 16)"), "head_dim': expected 8");
  refuses(gpt2(R"(, "n_head": 4, "layer_norm_epsilon": 1e-6)"), "layer_norm_epsilon': expected 1e-05, ");
  refuses(gpt2(R"(, "n_head": 4, "layer_norm_eps": 1e-6)"), "layer_norm_eps': expected 1e-05, ");
  refuses(gpt2(R"(, "n_head": 4, "activation_function": "gelu")"), "activation_function': expected gelu_new, ");
  refuses(gpt2(R"(, "n_head": 4, "hidden_act": "relu")"), "hidden_act': expected gelu_new, ");
  refuses(gpt2(R"(, "n_head": 4, "scale_attn_by_inverse_layer_idx": true)"),
          "scale_attn_by_inverse_layer_idx': expected false, as this program's model has it, found true");
  refuses(gpt2(R"(, "n_head": 4, "rope_theta": 10000.0)"), "rope_theta': expected null, ");
  Model relu;
  relu.activation = R"({"op": "relu"})";
  EXPECT_MESSAGE(Error, check(gpt2(R"(, "n_head": 4)"), relu.text()), "found none, which means \"gelu_new\"");
  check(gpt2(R"(, "n_head": 4, "activation_function": "relu")"), relu.text());
}

// Of another family, where the program has not come from one of GPT-2, nothing is known.
TEST_F(ConfigCheck, OtherFamilies) {
  check(R"({"model_type": "llama", "num_attention_heads": 2})");
  Model fromHuggingFace;
  fromHuggingFace.more = R"(, "hugging_face": {"model_type": "gpt2"})";
  EXPECT_MESSAGE(Error, check(R"({"model_type": "llama"})", fromHuggingFace.text()),
                 "key 'model_type': expected \"gpt2\", as this program's model has it, found \"llama\"");
  for (const char *none : {"", "[]", "{}", "{\"model_type\": 3}", "3"})
    check(none);
  std::filesystem::remove(path("config.json"));
  std::filesystem::create_directory(path("config.json"));
  sluice_binary program = sluice_program;
  checkConfigBeside(program, folder);
}

TEST_F(ConfigCheck, DescriptionsThatSayTheSame) {
  Model same;
  same.dimensions = R"("width": 32, "unit": "heads-1", "heads": "width/8", "layers": "unit-1")";
  same.attention = R"(, "causal": true, "dropout": 0.3, "init": "unit")";
  same.norm = R"(, "epsilon": 0.00001)";
  same.activation = R"({"op": "dropout", "rate": 0.2}, {"op": "gelu", "form": "tanh"})";
  same.objective = R"x(, "scale": "sqrt(1)")x";
  same.more = R"(, "name": "other", "training": {"batch": 2}, "init": {"normal": 0.1})";
  check(same.text());
  check(Model().text(), same.text());
  // Without the layer's name in the repeated list there is no difference either.
  same.heads = "4";
  check(same.text());
}

TEST_F(ConfigCheck, DescriptionsOfOtherModels) {
  auto refusesModel = [&](auto change, const std::string &text) {
    Model other;
    change(other);
    refuses(other.text(), text);
  };
  refusesModel([](Model &m) { m.dimensions = R"("width": 32, "heads": 2, "layers": 2)"; },
               "heads' of 'h.0.attn': expected 4, as this program's model has it, found 2");
  refusesModel([](Model &m) { m.heads = R"("width/4")"; }, "heads' of 'h.0.attn': expected 4, ");
  refusesModel([](Model &m) { m.heads = R"("nothing")"; }, "heads' of 'h.0.attn': expected 4, ");
  refusesModel([](Model &m) { m.attention = R"(, "causal": false)"; }, "causal' of 'h.0.attn': expected true, ");
  refusesModel([](Model &m) { m.norm = R"(, "epsilon": 1e-6)"; }, "epsilon' of 'h.0.ln_1': expected 1e-05, ");
  refusesModel([](Model &m) { m.activation = R"({"op": "gelu", "form": "erf"})"; },
               "form' of 'h.0[1]': expected tanh, as this program's model has it, found erf");
  refusesModel([](Model &m) { m.activation = R"({"op": "relu"})"; }, "op' of 'h.0[1]': expected \"gelu\", ");
  refusesModel([](Model &m) { m.activation += R"(, {"op": "relu"})"; },
               "op' of 'h.0[1]': expected \"end of the residual branch\", ");
  refusesModel([](Model &m) { m.dimensions = R"("width": 32, "heads": 4, "layers": 1)"; }, "op' of 'h.1[0]': expected");
  refusesModel([](Model &m) { m.objective = R"(, "scale": 0.5)"; }, "scale' of 'objective': expected 1, ");
}

// What would take for ever, or is deeper than the stack, is no model.
TEST_F(ConfigCheck, SurvivesAnything) {
  Model wild;
  wild.dimensions = R"("heads": "a0*a0", "layers": 1e15)";
  for (int i = 0; i < 60; ++i)
    wild.dimensions +=
        ", \"a" + std::to_string(i) + "\": \"a" + std::to_string(i + 1) + "+a" + std::to_string(i + 1) + "\"";
  refuses(wild.text(), "heads' of 'h.0.attn': expected 4, as this program's model has it, found a value that makes no");
  std::string deep;
  for (int i = 0; i < 100000; ++i)
    deep += R"({"residual": [)";
  wild.activation = deep;
  wild.activation += R"({"op": "gelu"})";
  for (int i = 0; i < 100000; ++i)
    wild.activation += "]}";
  wild.dimensions = Model().dimensions;
  refuses(wild.text(), "op' of ");
}

} // namespace
