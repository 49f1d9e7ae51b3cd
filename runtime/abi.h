/* The contract between generated code and the runtime, and the only place where the two meet.
 *
 * Plain C, versioned, depends on nothing. The compiler writes one object file that defines `sluice_program` (below),
 * where there are techniques `sluice_techniques`, and refers to the functions of `sluice_parallel_for` alone; the
 * runtime defines that function and owns everything else: memory, data, checkpoints, the command line. Code for a
 * graphics card is no function of that file but text in the table, and a function is a range of launches.
 *
 * Sizes and offsets are in bytes, shapes in elements. Every block of memory that the runtime hands to generated code is
 * aligned to SLUICE_ALIGNMENT bytes. Generated code keeps no mutable globals.
 */
#ifndef SLUICE_RUNTIME_ABI_H
#define SLUICE_RUNTIME_ABI_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define SLUICE_ABI_VERSION 10
#define SLUICE_ALIGNMENT 64
#define SLUICE_MAX_SCALARS 64
#define SLUICE_MAX_INPUTS 4

struct sluice_pool;

/* What changes from one call of a generated function to the next. The compiler addresses the fields by their byte
 * offsets (passes/Table/StepLayout.h), so their order and sizes belong to the ABI version. */
typedef struct sluice_step {
  uint32_t key[4];      /* seed (low, high), optimizer steps done, global micro-batch: the words of a Philox counter */
  uint32_t gate_key[4]; /* the same with the seed of gates */
  double scalars[SLUICE_MAX_SCALARS];    /* run-time scalars, indexed as in sluice_binary::scalars */
  const void *inputs[SLUICE_MAX_INPUTS]; /* indexed as in sluice_graph::inputs */
  struct sluice_pool *pool;              /* the threads that sluice_parallel_for uses */
} sluice_step;

/* Cards know inputs by their place. There an int32_t lies at that of `inputs`, without which launches of updates do
 * nothing: 0 where the step does not update. */
#define SLUICE_STEP_UPDATE_GATE 544

/* The memory that functions work on. Updates read weights and write next_weights, which may be the same memory: an
 * element is read before it is written, and by nothing else. All other functions read weights alone. Where a stage has
 * several versions (sluice_stage::versions) the two are of the stage's choice of them; its parameters with one version
 * are read and written in_place. */
typedef struct sluice_blocks {
  const void *weights; /* sluice_binary::parameter_bytes */
  void *next_weights;  /* of the same layout */
  void *persistent;    /* persistent_bytes: gradients, optimizer state, norms, counts of gates */
  void *frame;         /* frame_bytes: what a micro-batch keeps from forward to backward, and its results */
  void *in_place;      /* of the layout of weights */
} sluice_blocks;

/* One generated function. `scratch` holds at least scratch_bytes; nothing in it outlives the call. */
typedef void (*sluice_entry)(const sluice_step *step, const sluice_blocks *blocks, void *scratch);

typedef enum sluice_element {
  SLUICE_F32 = 0,
  SLUICE_F64 = 1,
  SLUICE_I32 = 2,
  SLUICE_BF16 = 3,
  SLUICE_F16 = 4
} sluice_element;

typedef enum sluice_initializer {
  SLUICE_INIT_CONSTANT = 0, /* every element is init_a */
  SLUICE_INIT_NORMAL = 1,   /* normal with mean 0 and standard deviation init_a, keyed by name and element index */
  SLUICE_INIT_UNIFORM = 2   /* uniform in [-init_a, init_a), keyed alike */
} sluice_initializer;

#define SLUICE_MAX_RANK 6
#define SLUICE_MAX_STATES 4

typedef struct sluice_tensor {
  const char *name;
  uint32_t element; /* sluice_element */
  uint32_t rank;
  int64_t shape[SLUICE_MAX_RANK];
  int64_t offset; /* in the block that holds the tensor */
  int64_t bytes;
} sluice_tensor;

typedef struct sluice_parameter {
  sluice_tensor tensor; /* offset is in the parameter block */
  uint32_t initializer; /* sluice_initializer */
  uint32_t decays;      /* 1 where weight decay applies */
  double init_a;
  int64_t gradient;       /* offset of the gradient in the persistent block; -1: none */
  uint32_t states;        /* optimizer state tensors */
  uint32_t scalar_states; /* of these the last, which are one f64; the others have the parameter's shape and type */
  int32_t stage;          /* that owns it */
  int32_t copy_of;        /* index of the parameter of another stage that it always equals; -1: it is none */
  uint32_t in_place;      /* 1 where it has one version, which sluice_blocks::in_place has */
  const char *state_names[SLUICE_MAX_STATES]; /* "exp_avg", "bias_correction1", "momentum_buffer" */
  int64_t state_offsets[SLUICE_MAX_STATES];   /* in the persistent block; zero at the first step */
} sluice_parameter;

typedef enum sluice_open_bound { SLUICE_LEAST_IS_OPEN = 1, SLUICE_MOST_IS_OPEN = 2 } sluice_open_bound;

/* A run-time scalar: `--set name=value`. Those whose names the runtime knows are set by it each step:
 * learning_rate, adamw_learning_rate, beta1, beta2, epsilon, weight_decay, momentum from its flags;
 * steps = the optimizer steps of the whole run;
 * bias_correction1 = 1 - beta1^(t+1), bias_correction2 = 1 - beta2^(t+1) with t the updates done, which are the steps
 * done less those that were skipped;
 * loss_gradient = loss_scale / micro-batches of a step, the seed of the backward pass;
 * clip_scale = min(1, clip / (norm + 1e-6)) / loss_scale, or 1 / loss_scale without clipping, set between norm-reduce
 * and update; the norm is that of the gradients divided by loss_scale, which is 1 where the program has none;
 * unclipped_scale = 1 / loss_scale, what gradients that clipping leaves alone are multiplied by;
 * measures_accumulation = 1 in steps that tell SLUICE_METRIC_ACCUMULATION_ERROR, else 0.
 * A program with the scalar loss_scale_interval has a dynamic loss scale: loss_scale is where it begins. A step with a
 * loss or a gradient that is not finite, or with gradients that saturated (SLUICE_METRIC_ROUNDED_ERRORS), runs no
 * update, on no stage and no replica; it counts as a step, and halves the scale. loss_scale_interval steps in a row
 * that are clean double it, up to 2^24. */
typedef struct sluice_scalar {
  const char *name;
  double value; /* the compiled default; NaN: the program computes it unless it is set */
  const char *help;
  double least, most; /* what --set takes; infinite where there is no bound */
  uint32_t open;      /* of sluice_open_bound: the bounds that are not allowed themselves */
} sluice_scalar;

typedef struct sluice_function {
  const char *name;
  sluice_entry entry;                  /* null where it is launches */
  int64_t scratch_bytes;               /* in the scratch block of the calling thread, or of the card */
  int64_t thread_scratch_bytes;        /* for each thread of the pool */
  int32_t stage;                       /* whose memory it works on */
  uint32_t first_launch, launch_count; /* in sluice_binary::launches, to be run in this order */
} sluice_function;

typedef enum sluice_image_kind { SLUICE_IMAGE_PTX = 0, SLUICE_IMAGE_CUBIN = 1 } sluice_image_kind;

/* The kernels as one module of a card's driver; all images have the same. */
typedef struct sluice_image {
  uint32_t kind;            /* sluice_image_kind */
  int32_t capability;       /* ten times the compute capability: that of the card (cubin), the least of one (PTX) */
  const char *architecture; /* "sm_80", "sm_90a" */
  const char *bytes;        /* PTX ends with a zero */
  int64_t size;             /* without that zero */
} sluice_image;

/* A kernel's symbol in the images. Its parameters are addresses alone. */
typedef struct sluice_symbol {
  const char *name;
  int64_t flops, bytes; /* of one launch, as in sluice_kernel; 0: not known */
} sluice_symbol;

/* Where an operand of a launch lies. */
typedef enum sluice_space {
  SLUICE_SPACE_STEP = 0, /* the sluice_step of the micro-batch, in memory of the card; its pointers are not read */
  SLUICE_SPACE_WEIGHTS = 1,
  SLUICE_SPACE_NEXT_WEIGHTS = 2,
  SLUICE_SPACE_PERSISTENT = 3,
  SLUICE_SPACE_FRAME = 4,
  SLUICE_SPACE_IN_PLACE = 5, /* to here as in sluice_blocks */
  SLUICE_SPACE_SCRATCH = 6,  /* of the function: sluice_function::scratch_bytes */
  SLUICE_SPACE_INPUT = 7     /* 7 + i: input i of the micro-batch */
} sluice_space;

typedef struct sluice_operand {
  uint32_t space;
  int64_t offset;
} sluice_operand;

/* A kernel on memory. Launches of a function see what those before them wrote. */
typedef struct sluice_launch {
  int32_t symbol;                        /* index in sluice_binary::symbols */
  uint32_t grid[3], block[3];            /* blocks, threads of a block */
  uint32_t shared_bytes;                 /* dynamic shared memory of a block */
  uint32_t first_operand, operand_count; /* in sluice_binary::operands: the parameters */
  uint32_t is_gated;                     /* 1 where operand 0 is an i32; where that is 0 the kernel does nothing */
  const char *place;                     /* the function of the model that it is of: "train.h.0.forward" */
} sluice_launch;

/* Functions work on the frame of their micro-batch, which is number micro_batch % sluice_stage::frames of the stage.
 * Where gradients are late, micro-batches of a replica are counted through all steps for this. */
typedef enum sluice_action_kind {
  SLUICE_ACTION_LOAD = 0,     /* tokens and targets of the micro-batch into step.inputs */
  SLUICE_ACTION_FORWARD = 2,  /* function */
  SLUICE_ACTION_BACKWARD = 3, /* function, on gradient buffer `into`; with `clears` that is zero before */
  SLUICE_ACTION_TIED = 4,     /* function: gradients of several uses of a parameter are added once. Where gradients are
                                 late the runtime exchanges those of sluice_held_gradient before */
  SLUICE_ACTION_NORM = 5,     /* function: one sum of squares a gradient tensor, into sluice_binary::norms. Behind those
                                 of all its stages a device waits for all others, and they decide alike whether and
                                 how they update. Where gradients are late (sluice_stage::delay) none waits: each stage
                                 decides by its own gradient, and does neither before its first one is there */
  SLUICE_ACTION_UPDATE = 6,   /* function */
  SLUICE_ACTION_EVALUATE = 7, /* function of a graph that is not trained */
  SLUICE_ACTION_SEND = 8,     /* channel; between replicas out of gradient buffer `from` */
  SLUICE_ACTION_RECEIVE = 9,  /* channel; between replicas to gradient buffer `into` */
  SLUICE_ACTION_COMBINE = 10, /* gradient buffer `into` += gradient buffer `from` */
  /* Backward in two functions: first what other stages wait for, as SLUICE_ACTION_BACKWARD. The second goes on with the
   * frame and the gradient buffer `into`, which it never clears. */
  SLUICE_ACTION_BACKWARD_INPUT = 11,
  SLUICE_ACTION_BACKWARD_WEIGHT = 12
} sluice_action_kind;

/* Numbers that an action has no use for are -1. A run of a stage that has nothing to do has no function. */
typedef struct sluice_action {
  uint32_t kind;       /* sluice_action_kind */
  int32_t stage;       /* whose memory it works on */
  int32_t micro_batch; /* within its step, over all replicas */
  int32_t function;    /* index in sluice_binary::functions */
  int32_t channel;     /* index in sluice_binary::channels */
  int32_t into, from;  /* gradient buffers of the stage; 0 is the persistent block's own */
  int32_t clears;
  int32_t iteration; /* whose step its micro-batch is of: this one, 0, or so many steps before, below 0. What is of a
                        step before the first is left out: a backward then leaves zeros as gradients */
} sluice_action;

/* What one device does in a training step, for the stages that it holds (sluice_stage::device). */
typedef struct sluice_device {
  int32_t replica;
  uint32_t first_action, action_count; /* in sluice_binary::actions */
  double busy;                         /* simulated: the share of a step that it computes; -1: not known */
  uint32_t first_warmup_action, warmup_action_count; /* those of a synchronous step; none where all steps are */
} sluice_device;

typedef enum sluice_channel_role {
  SLUICE_CHANNEL_FRAMES = 0,   /* between frames of one micro-batch */
  SLUICE_CHANNEL_EXCHANGE = 1, /* between persistent blocks */
  SLUICE_CHANNEL_REPLICA = 2   /* between gradient buffers, whole */
} sluice_channel_role;

/* A private first-in-first-out queue from one device to another. */
typedef struct sluice_channel {
  uint32_t role;                           /* sluice_channel_role */
  int32_t from, to;                        /* indices in sluice_binary::devices, which may be one */
  int32_t stage;                           /* that sends */
  int32_t capacity;                        /* messages that it holds before a send waits; at least 1 */
  uint32_t first_transfer, transfer_count; /* in sluice_binary::transfers: what a message bundles */
} sluice_channel;

/* A tensor of a message: where it lies with the sender and with the receiver. */
typedef struct sluice_transfer {
  int64_t source, target; /* offsets */
  int64_t bytes;
} sluice_transfer;

/* The memory of a stage, and what it has of the trained graph. */
typedef struct sluice_stage {
  int64_t gradient_offset, gradient_bytes; /* in the persistent block: its gradients, then its counts of gates */
  int64_t count_offset;                    /* where those begin, f64 from there on; before it floats of `element` */
  int64_t frame_bytes;
  uint32_t element;         /* sluice_element */
  int32_t frames;           /* micro-batches that it holds at once */
  int32_t layers;           /* of the stack */
  int32_t embeddings, head; /* 1 where it has them */
  int32_t device;           /* that holds it, of replica 0; that of replica r is r x device_count / replicas further */
  int32_t delay;            /* steps between a micro-batch and the update that its gradient goes into */
  int32_t versions;         /* of its weights: update u reads number u % versions and writes the next. Forward reads
                               the newest, backward those that forward of its micro-batch read, if there are several */
  int64_t weights_offset, weights_bytes; /* those of its parameters that have versions, in the parameter block */
  uint32_t recomputed;                   /* 1 where backward computes some of its forward again */
  uint32_t predicts; /* 1 where versions are predictions: forward and backward read the weights that are expected when
                        the gradient is applied, w(u) + delay (w(u) - w(u - 1)) after update u. Updates read and write
                        those in the parameter block */
  int32_t narrow;    /* index in sluice_binary::functions of what writes the rounded copies of its parameters, which lie
                        in the parameter block as well and which the update writes too: to be called when the host has
                        written parameters; -1: there are none */
} sluice_stage;

/* Gradients that wait for the update of the next step: those of uses of a parameter in the stage that owns it, where
 * another stage's uses are late as well. In a late step the runtime exchanges them with those of the step before, zeros
 * at first. */
typedef struct sluice_held_gradient {
  int32_t stage;
  int64_t offset, bytes; /* in the persistent block */
} sluice_held_gradient;

/* A graph that is not trained: `eval` (inputs tokens and targets, result the mean loss over the targets that are not
 * -1) or `logits` (inputs tokens and position, result the scores of the token after `position`). */
typedef struct sluice_graph {
  const char *name;
  uint32_t first_action, action_count; /* in sluice_binary::actions, in an order for one thread; the first graph, which
                                          is trained, has none: its result is there after the backward of its stage */
  int32_t stage;                       /* in whose frame the result is */
  uint32_t inputs;
  sluice_tensor input[SLUICE_MAX_INPUTS]; /* i32 tensors, offset unused */
  sluice_tensor result;                   /* offset is in the frame */
} sluice_graph;

/* What the runtime makes of a metric. All but the first are two f64 each, and those of one kind are added up over
 * micro-batches and metrics. */
typedef enum sluice_metric_kind {
  SLUICE_METRIC_MEAN = 0,           /* logged by its name, as the mean over the micro-batches */
  SLUICE_METRIC_ROUNDED_VALUES = 1, /* elements of weights and activations that a format saturated, and that
                                       underflowed in it */
  SLUICE_METRIC_ROUNDED_ERRORS = 2, /* the same of gradients of the loss, which carry its scale */
  SLUICE_METRIC_ACCUMULATION_ERROR =
      3 /* of sums of products with the matrix of that name: the squares of what they lack, and of the exact sums. Only
           of steps with measures_accumulation = 1, and zero where a layer was dropped */
} sluice_metric_kind;

/* A tensor of floats that each micro-batch leaves behind: of the whole graph, or a detail of one layer. */
typedef struct sluice_metric {
  const char *name;
  int32_t layer;        /* index in sluice_binary::layers, or -1 */
  int32_t gate;         /* index in sluice_binary::gates of the gate that it comes through: zeros where that is closed;
                           -1: none */
  int32_t stage;        /* in whose frame the result is */
  uint32_t kind;        /* sluice_metric_kind */
  sluice_tensor result; /* rank 0 or 1; offset is in the frame */
} sluice_metric;

/* A layer of the repeated stack. A parameter belongs to it if its name begins with the layer's name and a dot. */
typedef struct sluice_layer {
  const char *name;
} sluice_layer;

/* What decides whether a layer, or a part of one, runs for a micro-batch. */
typedef struct sluice_gate {
  int32_t layer;    /* index in sluice_binary::layers */
  uint32_t element; /* sluice_element of the count */
  int64_t count;    /* offset in the persistent block: in how many micro-batches of the step the gate was open */
  double flops;     /* model FLOPs of a micro-batch that a closed gate saves */
} sluice_gate;

/* What a parallel loop is of the model, and what one run of it takes. */
typedef struct sluice_kernel {
  const char *name;
  int64_t flops; /* floating-point operations */
  int64_t bytes; /* that its operands are read and written at least */
} sluice_kernel;

typedef struct sluice_binary {
  uint32_t version;        /* SLUICE_ABI_VERSION */
  const char *target;      /* the kind of device that functions run on: "cpu", "cuda" */
  const char *model;       /* name of the model description */
  const char *description; /* the description itself as JSON text, "" if there is none */
  const char *processor;   /* what the code was generated for, e.g. "znver3", "sm_80" */
  const char *features;    /* what it needs, a comma-separated list of names that /proc/cpuinfo uses: "avx2,fma" */
  int64_t batch, sequence, vocabulary, micro_batches;
  double flops_per_token;   /* 6 x parameters + 12 x layers x width x sequence */
  double grad_clip;         /* compiled default, 0: none */
  const char *optimizer;    /* "adamw", "sgd", "muon" */
  const char *compute;      /* what operands of contractions are rounded to: "f32" (not at all), "bf16", a policy */
  const char *accumulation; /* how products of the layers' matrices are summed: "f32", "e6m9, chunk = 64" */
  const char *schedule;     /* "sequential", "gpipe", "1f1b", "interleaved", "zero-bubble", "": written by hand */
  int32_t replicas;         /* each has equal parts of the devices and of the micro-batches */
  int32_t reduction_groups; /* groups of micro-batches whose gradients are summed by themselves */
  int32_t gradient_buffers; /* of each stage */

  uint32_t parameter_count, scalar_count, function_count, action_count, graph_count, metric_count, layer_count,
      gate_count, kernel_count, stage_count, device_count, channel_count, transfer_count, held_gradient_count,
      image_count, symbol_count, launch_count, operand_count;
  const sluice_parameter *parameters;
  const sluice_scalar *scalars;
  const sluice_function *functions;
  const sluice_action *actions;
  const sluice_graph *graphs; /* `train` first: its result is the loss of a micro-batch that is differentiated */
  const sluice_metric *metrics;
  const sluice_layer *layers;
  const sluice_gate *gates;
  const sluice_kernel *kernels; /* those that sluice_parallel_for is told of */
  const sluice_stage *stages;
  const sluice_device *devices; /* by replica */
  const sluice_channel *channels;
  const sluice_transfer *transfers;
  const sluice_held_gradient *held_gradients;
  const sluice_image *images; /* those for one card alone before those that drivers compile */
  const sluice_symbol *symbols;
  const sluice_launch *launches;
  const sluice_operand *operands;

  int64_t parameter_bytes;                 /* size of the parameter block */
  int64_t persistent_bytes;                /* size of the persistent block */
  int64_t gradient_offset, gradient_bytes; /* gradients and counts of gates of all stages, in the persistent block */
  int64_t norms_offset;           /* in the persistent block: one double a parameter, its gradient's sum of squares */
  int64_t unclipped_norms_offset; /* the same of the gradients that clipping leaves alone; -1: there are none */
} sluice_binary;

/* Defined by generated code. */
extern const sluice_binary sluice_program;

/* Defined by generated code where techniques rewrote the graph: each as `sluicec --technique` takes it, in the order in
 * which they ran, and a null pointer behind the last. */
extern const char *const sluice_techniques[] __attribute__((weak));

/* Part [begin, end) of a parallel loop, run by one thread. thread_scratch is private to the thread. */
typedef void (*sluice_body)(const void *context, int64_t begin, int64_t end, void *thread_scratch);

/* Defined by the runtime: runs body over [0, count), cut into one contiguous part a thread, and returns when all parts
 * are done. Which thread runs which index never changes a result: no two indices write the same memory. `kernel` is an
 * index in sluice_binary::kernels, or -1. */
void sluice_parallel_for(const sluice_step *step, int64_t count, sluice_body body, const void *context, int32_t kernel);

#ifdef __cplusplus
}
#endif

#endif /* SLUICE_RUNTIME_ABI_H */
