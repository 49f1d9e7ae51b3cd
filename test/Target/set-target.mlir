// RUN: sluice-opt %s --sluice-set-target=processor=znver3 | FileCheck %s --check-prefix=ZNVER3
// RUN: sluice-opt %s --sluice-set-target=processor=x86-64-v4 | FileCheck %s --check-prefix=AVX512
// RUN: sluice-opt %s --sluice-set-target=processor=sapphirerapids | FileCheck %s --check-prefix=AMX
// RUN: sluice-opt %s --sluice-set-target=processor=x86-64 | FileCheck %s --check-prefix=SSE
// RUN: sluice-opt %s --sluice-set-target | FileCheck %s --check-prefix=NATIVE
// RUN: not sluice-opt %s --sluice-set-target=processor=abacus 2>&1 | FileCheck %s --check-prefix=PROCESSOR
// RUN: not sluice-opt %s --sluice-set-target=kind=loom 2>&1 | FileCheck %s --check-prefix=KIND
// RUN: not sluice-opt %s --sluice-kernels=processor=abacus 2>&1 | FileCheck %s --check-prefix=PROCESSOR
// RUN: not sluice-opt %s --sluice-kernels=kind=loom 2>&1 | FileCheck %s --check-prefix=KIND

// Other processors than this one have as many threads as is usual, and LLVM's name.
// ZNVER3: sluice.target = #sluice_cpu.target<processor = "znver3", features = "{{.*}}avx2,fma{{.*}}",
// ZNVER3-SAME: {{^}} vector_bits = 256, threads = 2, line_bytes = 64>
// AVX512: processor = "x86-64-v4", features = "{{.*}}avx512vl{{.*}}", vector_bits = 512
// AMX: processor = "sapphirerapids", features = "{{.*}}avx512_bf16{{.*}}amx_bf16{{.*}}", vector_bits = 512
// SSE: processor = "x86-64", features = "{{.*}}", vector_bits = 128
// NATIVE: #sluice_cpu.target<processor = "{{.+}}", features = "{{.*}}", vector_bits = {{128|256|512}},
// NATIVE-SAME: {{^}} threads = {{[1-9][0-9]*}}, line_bytes = 64>
// PROCESSOR: error: unknown processor 'abacus'
// KIND: error: unknown target 'loom', expected one of: cpu
module {}
