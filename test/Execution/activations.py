"""Activations and their derivatives by closed forms, in f64: activations.py NAME {f32|f64} [ERRORS].

NAME is a spelling of Hugging Face, and the closed form is what transformers computes for it. Prints a module whose
function @errors takes the closed forms from what the ops compute; with ERRORS, what sluice-run printed of it, says
whether they are small."""
import json
import sys
from math import erf, exp, pi, sqrt, tanh

root = sqrt(2 / pi)


def sigmoid(x):
    return 1 / (1 + exp(-x)) if x > 0 else exp(x) / (1 + exp(x))


def gelu(x):
    density = exp(-x * x / 2) / sqrt(2 * pi)
    return x * 0.5 * (1 + erf(x / sqrt(2))), 0.5 * (1 + erf(x / sqrt(2))) + x * density


def by_tanh(x, u, slope):
    return 0.5 * x * (1 + tanh(u)), 0.5 * (1 + tanh(u)) + 0.5 * x * (1 - tanh(u) ** 2) * slope


def gelu_new(x):
    return by_tanh(x, root * (x + 0.044715 * x ** 3), root * (1 + 3 * 0.044715 * x ** 2))


def gelu_pytorch_tanh(x):
    beta = sqrt(2) * (2 / sqrt(pi)) * 0.5
    return by_tanh(x, beta * (x + 0.044715 * (x * x * x)), beta * (1 + 3 * 0.044715 * x * x))


def gelu_fast(x):
    return by_tanh(x, x * 0.7978845608 * (1 + 0.044715 * x * x), 0.7978845608 * (1 + 3 * 0.044715 * x * x))


def quick_gelu(x):
    return x * sigmoid(1.702 * x), sigmoid(1.702 * x) * (1 + 1.702 * x * sigmoid(-1.702 * x))


def silu(x):
    return x * sigmoid(x), sigmoid(x) * (1 + x * sigmoid(-x))


def relu(x):
    return max(x, 0), 1 if x > 0 else 0


# The op and its form.
ops = {"gelu": "gelu erf", "gelu_new": "gelu tanh", "gelu_pytorch_tanh": "gelu tanh", "gelu_fast": "gelu tanh"}
name, element = sys.argv[1], sys.argv[2]
op, _, form = ops.get(name, name).partition(" ")
closed_form = globals()[name]
inputs = [i / 16 for i in range(-192, 193)] + [-100, -30, -2 ** -20, 2 ** -20, 30, 100]  # numbers of f32 too
values, derivatives = zip(*(closed_form(x) for x in inputs))

if len(sys.argv) == 3:
    type = f"tensor<{len(inputs)}x{element}>"

    def argument(name, numbers):
        return f"%{name}: {type} {{sluice.values = dense<[{', '.join(f'{x:.17e}' for x in numbers)}]> : {type}}}"

    print(f"""func.func @errors({argument("x", inputs)}, {argument("one", [1] * len(inputs))},
    {argument("value", [-y for y in values])},
    {argument("derivative", [-y for y in derivatives])}) -> ({type}, {type}, {type}, {type}) {{
  %y = sluice.{op} {form} %x : {type}
  %dx = sluice.{op}_backward {form} %one, %x : {type}
  %both, %dboth = sluice.{op}_with_gradient {form} %one, %x : {type}
  %0 = sluice.add %y, %value : {type}, {type}
  %1 = sluice.add %dx, %derivative : {type}, {type}
  %2 = sluice.add %both, %value : {type}, {type}
  %3 = sluice.add %dboth, %derivative : {type}, {type}
  return %0, %1, %2, %3 : {type}, {type}, {type}, {type}
}}""")
    sys.exit()

# Of 1, or of the result where it is above. Where a sigmoid is almost 1, what is left to 1 has an error of half a unit
# in the last place, and the derivative that times x and the slope. The constant of gelu_fast has ten digits.
tolerance = 2e-6 if element == "f32" else 2e-11 if name == "gelu_fast" else 1e-14
errors = [json.loads(line) for line in open(sys.argv[3])]
assert len(errors) == 4
for found, exact in zip(errors, (values, derivatives, values, derivatives)):
    worst = max((abs(error) / max(1, abs(y)), x) for error, y, x in zip(found, exact, inputs))
    print(f"{name} {element}: error {worst[0]:.1e} at {worst[1]}")
    assert worst[0] <= tolerance
assert errors[:2] == errors[2:]
