//===- AsanOptions.cpp - How AddressSanitizer runs within a tool ------------------===//

/// LLVM's allocators poison what they hold back where a header of theirs is compiled with the sanitizer, and only
/// there: the packaged libraries, which share the allocators, do not lift the poison.
extern "C" const char *__asan_default_options();
extern "C" const char *__asan_default_options() { return "allow_user_poisoning=0"; }
