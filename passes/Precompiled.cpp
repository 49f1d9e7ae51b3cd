#include "passes/Precompiled.h"
