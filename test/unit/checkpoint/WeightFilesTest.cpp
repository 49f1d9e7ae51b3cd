//===- WeightFilesTest.cpp ------------------------------------------------===//
#include "runtime/checkpoint/WeightFiles.h"

#include "TestFiles.h"

using namespace sluice::runtime;

namespace {

using Values = std::vector<float>;

/// A tensor with values of its own.
struct Tensor {
  std::string name;
  std::vector<int64_t> shape;
  Values values;
};

/// A model with a table of [2, 2], which may be its head too, and a bias of [2].
class Weights : public FilesTest {
protected:
  Weights() : table(4, -1), bias(2, -1) {
    wanted = {"tiny",
              {{"wte.weight", SLUICE_F32, {2, 2}, table.data()}, {"h.0.mlp.c_fc.bias", SLUICE_F32, {2}, bias.data()}},
              "wte.weight"};
  }

  std::string save(const std::string &name, std::vector<Tensor> tensors) {
    std::vector<TensorView> views;
    for (Tensor &tensor : tensors)
      views.push_back({tensor.name, SLUICE_F32, tensor.shape, tensor.values.data()});
    writeSafetensors(path(name), views);
    return path(name);
  }

  /// Both parameters under these names, and what else is given.
  std::string saveModel(const std::string &tableName, const std::string &biasName, std::vector<Tensor> more = {}) {
    more.insert(more.begin(), {{tableName, {2, 2}, {1, 2, 3, 4}}, {biasName, {2}, {5, 6}}});
    return save("model.safetensors", more);
  }

  /// What is said of names after a load that fills both parameters.
  std::string load(const std::string &file) {
    table.assign(4, -1);
    bias.assign(2, -1);
    WeightFiles files(file);
    files.load(wanted);
    EXPECT_EQ(table, (Values{1, 2, 3, 4}));
    EXPECT_EQ(bias, (Values{5, 6}));
    return files.note(wanted);
  }

  Values table, bias;
  WantedWeights wanted;
};

TEST_F(Weights, NamesOfModelsWithAndWithoutAHead) {
  EXPECT_EQ(load(saveModel("wte.weight", "h.0.mlp.c_fc.bias")), "");
  EXPECT_EQ(load(saveModel("transformer.wte.weight", "transformer.h.0.mlp.c_fc.bias")), "");
}

TEST_F(Weights, WhatTrainingToolsPutIntoNamesIsSaid) {
  std::string names = "model.safetensors: names of tensors are read without ";
  auto noteOf = [&](const std::string &prefix) {
    std::string note = load(saveModel(prefix + "wte.weight", prefix + "h.0.mlp.c_fc.bias"));
    return note.substr(std::min(note.size(), path("").size()));
  };
  EXPECT_EQ(noteOf("_orig_mod."), names + "'_orig_mod.'");
  EXPECT_EQ(noteOf("_orig_mod.transformer."), names + "'_orig_mod.'");
  EXPECT_EQ(noteOf("module."), names + "'module.'");
  EXPECT_EQ(noteOf("module._orig_mod.module.transformer."), names + "'_orig_mod.', 'module.'");
  EXPECT_EQ(noteOf("model."), names + "'model.'");
  EXPECT_EQ(noteOf("base_model.model.transformer."), names + "'base_model.', 'model.'");
  EXPECT_EQ(noteOf("_forward_module.model._fsdp_wrapped_module."),
            names + "'_forward_module.', '_fsdp_wrapped_module.', 'model.'");
  EXPECT_EQ(load(saveModel("wte._orig_mod.weight", "h.0._checkpoint_wrapped_module.mlp.c_fc.bias")),
            path("") + names + "'_checkpoint_wrapped_module.', '_orig_mod.'");
}

TEST_F(Weights, OtherWordsInNamesAreNotTakenOut) {
  for (const char *prefix : {"ema.", "encoder.", "x_orig_mod.", "modules.", "transformer.encoder."})
    EXPECT_MESSAGE(Error, load(saveModel("wte.weight", std::string(prefix) + "h.0.mlp.c_fc.bias")),
                   "tensor \"h.0.mlp.c_fc.bias\" is missing");
  // A parameter whose own name begins with such a word keeps it.
  wanted.parameters[1].name = "module.h.0.mlp.c_fc.bias";
  EXPECT_EQ(load(saveModel("wte.weight", "module.h.0.mlp.c_fc.bias")), "");
}

TEST_F(Weights, TensorsThatAreThereTwiceHaveToBeEqual) {
  EXPECT_EQ(load(saveModel("wte.weight", "h.0.mlp.c_fc.bias", {{"transformer.wte.weight", {2, 2}, {1, 2, 3, 4}}})), "");
  EXPECT_MESSAGE(
      Error, load(saveModel("wte.weight", "h.0.mlp.c_fc.bias", {{"transformer.wte.weight", {2, 2}, {1, 2, 3, 5}}})),
      "'transformer.wte.weight' has other values than 'wte.weight', expected the same, as it is the parameter");
  EXPECT_MESSAGE(Error, load(saveModel("wte.weight", "h.0.mlp.c_fc.bias", {{"module.wte.weight", {4}, {1, 2, 3, 4}}})),
                 "has shape [4], expected [2, 2]");
}

TEST_F(Weights, ACopyOfTheTiedHeadHasToEqualIt) {
  for (const char *head : {"lm_head.weight", "_orig_mod.lm_head.weight", "transformer.lm_head.weight"}) {
    load(saveModel("wte.weight", "h.0.mlp.c_fc.bias", {{head, {2, 2}, {1, 2, 3, 4}}}));
    EXPECT_MESSAGE(Error, load(saveModel("wte.weight", "h.0.mlp.c_fc.bias", {{head, {2, 2}, {0, 2, 3, 4}}})),
                   "lm_head.weight' has other values than 'wte.weight', expected the same, as the head of the model "
                   "'tiny' is tied to 'wte.weight'");
    EXPECT_MESSAGE(Error, load(saveModel("wte.weight", "h.0.mlp.c_fc.bias", {{head, {3, 2}, Values(6)}})),
                   "lm_head.weight' has shape [3, 2], expected [2, 2], as the head of the model 'tiny' is tied to");
  }
  // A head of its own is a parameter like any other.
  Values head(4);
  wanted.parameters.push_back({"lm_head.weight", SLUICE_F32, {2, 2}, head.data()});
  wanted.tiedHead = "";
  load(saveModel("wte.weight", "h.0.mlp.c_fc.bias", {{"lm_head.weight", {2, 2}, {9, 8, 7, 6}}}));
  EXPECT_EQ(head, (Values{9, 8, 7, 6}));
  // A model that has none at all does not know the tensor.
  wanted.parameters.pop_back();
  EXPECT_MESSAGE(Error, load(saveModel("wte.weight", "h.0.mlp.c_fc.bias", {{"lm_head.weight", {2, 2}, Values(4)}})),
                 "'lm_head.weight' of shape [2, 2] is no parameter of the model 'tiny'");
}

TEST_F(Weights, CopiesInOtherTypesAreComparedByValue) {
  Values first{1, 2, 3, 4}, second{5, 6};
  std::vector<uint16_t> brain{0x3F80, 0x4000, 0x4040, 0x4080};
  auto saveHead = [&] {
    writeSafetensors(path("m"), {{"wte.weight", SLUICE_F32, {2, 2}, first.data()},
                                 {"h.0.mlp.c_fc.bias", SLUICE_F32, {2}, second.data()},
                                 {"lm_head.weight", SLUICE_BF16, {2, 2}, brain.data()}});
    return path("m");
  };
  EXPECT_EQ(load(saveHead()), "");
  brain[3] = 0x4081;
  EXPECT_MESSAGE(Error, load(saveHead()), "'lm_head.weight' has other values than 'wte.weight'");
}

TEST_F(Weights, OnlyMasksAreIgnored) {
  load(saveModel("wte.weight", "h.0.mlp.c_fc.bias",
                 {{"h.0.attn.bias", {1, 1, 3, 3}, Values(9)},
                  {"transformer.h.0.attn.masked_bias", {}, Values(1)},
                  {"module.h.1.attn.bias", {2, 2}, Values(4)}}));
  for (std::vector<int64_t> shape : {std::vector<int64_t>{4}, {2, 1, 2, 2}, {1, 1, 2, 3}})
    EXPECT_MESSAGE(Error, load(saveModel("wte.weight", "h.0.mlp.c_fc.bias", {{"h.0.attn.bias", shape, Values(8)}})),
                   "'h.0.attn.bias' of shape");
  EXPECT_MESSAGE(Error, load(saveModel("wte.weight", "h.0.mlp.c_fc.bias", {{"h.2.ln.bias", {2}, Values(2)}})),
                 "'h.2.ln.bias' of shape [2] is no parameter of the model 'tiny'");
}

TEST_F(Weights, FoldersAndShards) {
  saveModel("wte.weight", "h.0.mlp.c_fc.bias");
  EXPECT_EQ(load(folder), "");
  std::filesystem::remove(path("model.safetensors"));
  EXPECT_MESSAGE(Error, load(folder), "expected a folder with model.safetensors or model.safetensors.index.json");

  save("model-00001-of-00002.safetensors", {{"transformer.wte.weight", {2, 2}, {1, 2, 3, 4}}});
  save("model-00002-of-00002.safetensors", {{"transformer.h.0.mlp.c_fc.bias", {2}, {5, 6}}});
  std::string index = put("model.safetensors.index.json", R"({"metadata": {"total_size": 24}, "weight_map": {
    "transformer.wte.weight": "model-00001-of-00002.safetensors",
    "transformer.h.0.mlp.c_fc.bias": "model-00002-of-00002.safetensors"}})");
  EXPECT_EQ(load(folder), "");
  EXPECT_EQ(load(index), "");
}

TEST_F(Weights, RefusesIndexesThatDoNotFit) {
  auto loadIndex = [&](const std::string &text) { load(put("i.json", text)); };
  for (const char *text : {"", "[]", "{}", "{\"weight_map\": []}", "{\"weight_map\": {}}"})
    EXPECT_MESSAGE(Error, loadIndex(text), "i.json: expected an index of shards");
  for (const char *shard : {"1", "\"../a.safetensors\"", "\"/a.safetensors\"", "\"a.bin\"", "\"\""})
    EXPECT_MESSAGE(Error, loadIndex(std::string("{\"weight_map\": {\"x\": ") + shard + "}}"),
                   "expected the name of a .safetensors file for 'x'");
  EXPECT_MESSAGE(Error, loadIndex("{\"weight_map\": {\"x\": \"none.safetensors\"}}"), "none.safetensors: No such file");
  saveModel("wte.weight", "h.0.mlp.c_fc.bias");
  EXPECT_MESSAGE(Error, loadIndex("{\"weight_map\": {\"x\": \"model.safetensors\"}}"),
                 "model.safetensors: expected the tensor 'x', as ");
}

} // namespace
