"""What is written is what is read, to the last bit."""

import json

import h5py
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from records import record, same_bits

from nanhunt.dump.reader import DumpReader
from nanhunt.dump.writer import update_finding, write
from nanhunt.errors import DumpError

quick = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
names = st.text(st.characters() | st.sampled_from("%/."), max_size=8)
dtypes = st.sampled_from(
    [np.dtype(o + c) for o in "<>" for c in ("i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8", "f2", "f4", "f8")]
    + [np.dtype(bool)]
)


@st.composite
def arrays(draw):
    """Any bits at all: every NaN payload, denormals, both byte orders, 0-d and empty shapes."""
    dtype, shape = draw(dtypes), draw(hnp.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=3))
    count = int(np.prod(shape, dtype=int))
    if dtype.kind == "b":
        return np.array(draw(st.lists(st.booleans(), min_size=count, max_size=count)), bool).reshape(shape)
    raw = draw(st.binary(min_size=count * dtype.itemsize, max_size=count * dtype.itemsize))
    return np.frombuffer(raw, dtype).reshape(shape)


@quick
@given(st.dictionaries(names, arrays(), max_size=5), st.dictionaries(st.tuples(names, names), arrays(), max_size=3))
def test_every_array_comes_back_bit_for_bit(tmp_path_factory, parameters, batch):
    named = {f"cpu(0)/{a}/{b}": array for (a, b), array in batch.items()}
    path = tmp_path_factory.mktemp("dump") / "a.h5"
    write(record(parameters=parameters, batch=named), path)
    with DumpReader(path, guard=False) as reader:
        for field, written in (("parameters", parameters), ("batch", named)):
            found = getattr(reader.record, field)
            assert set(found) == set(written)
            assert all(same_bits(found[name], array) for name, array in written.items())


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=6,
)


@quick
@given(st.dictionaries(st.text(max_size=5), json_values, max_size=5))
def test_every_json_value_comes_back(tmp_path_factory, values):
    position = {"epoch": 1, "iteration": 2, "step": 3}
    path = tmp_path_factory.mktemp("dump") / "a.h5"
    written = record(
        environment=values,
        graph=values,
        finding=values,
        observed=[values],
        iteration={**values, **position, "samples": [values]},
    )
    write(written, path)
    with DumpReader(path, guard=False) as reader:
        found = reader.record
        assert found.environment == values and found.graph == values and found.finding == values
        assert found.observed == [values] and found.iteration == written.iteration


def test_all_of_a_record_comes_back(tmp_path):
    written = record()
    with DumpReader(write(written, tmp_path / "a.h5")) as reader:
        found = reader.record
        for field in ("reason", "finding", "environment", "iteration", "optimizer_settings", "graph", "observed"):
            assert getattr(found, field) == getattr(written, field), field
        for field, arrays_written in written.arrays().items():
            arrays_found = found.arrays()[field]
            assert list(arrays_found) == list(arrays_written)
            assert all(same_bits(arrays_found[name], array) for name, array in arrays_written.items())
        assert reader.version == 1 and reader.created.endswith("+00:00")
        assert found.parameters.described()["scale"] == ((), np.dtype(np.float16))


def test_the_layout_is_what_format_says(tmp_path):
    path = write(record(), tmp_path / "a.h5")
    with h5py.File(str(path), "r") as file:
        assert file.attrs["format"] == "nanhunt-dump" and file.attrs["version"] == 1 and file.attrs["reason"] == "non-finite"
        assert json.loads(file.attrs["finding"])["schema"] == 1
        assert file["environment"].attrs["framework"] == "mxnet" and file["environment"].attrs["cores"] == 2
        assert json.loads(file["environment"].attrs["versions"]) == {"mxnet": "1.9.1"}
        assert file["iteration"].attrs["step"] == 36 and file["iteration"].attrs["lr"] == 0.1
        assert file["iteration/sample_index"][()].tolist() == [5, 9]
        assert [each.decode("utf-8") for each in file["iteration/sample_path"][()]] == ["images/0005.jpg", "images/né.jpg"]
        assert json.loads(file["iteration/draws"][()]) == [{"flip": True}, {"flip": False}]
        assert file["batch/cpu(0)/data"].shape == (2, 3, 4) and np.isnan(file["batch/cpu(0)/data"][()]).any()
        assert file["state/optimizer/conv0_weight%2F0"].dtype == np.float64
        assert json.loads(file["state/optimizer"].attrs["settings"])["class"] == "SGD"
        assert "state/devices/cpu(1)/parameters/conv0_weight" in file and "state/aux/bn0_running_mean" in file
        assert json.loads(file["graph"][()])["nodes"] == [{"op": "log"}]
        assert [each["name"] for each in json.loads(file["observed/tensors"][()])] == ["loss", "conv0"]


def test_attributes_and_graphs_beyond_64_kb_are_kept(tmp_path):
    written = record(
        environment={"long": "x" * 200_000, "list": list(range(50_000))},
        graph={"nodes": ["log"] * 50_000},
        optimizer_settings={"lr_mult": {f"p{i}": 1.0 for i in range(9000)}},
    )
    with DumpReader(write(written, tmp_path / "a.h5"), guard=False) as reader:
        assert reader.record.environment == written.environment and reader.record.graph == written.graph
        assert reader.record.optimizer_settings == written.optimizer_settings


def test_arrays_in_any_memory_order_are_kept(tmp_path):
    square = np.arange(12, dtype=np.float32).reshape(3, 4)
    parameters = {"transposed": square.T, "strided": square[::2, ::-1], "fortran": np.asfortranarray(square)}
    with DumpReader(write(record(parameters=parameters), tmp_path / "a.h5"), guard=False) as reader:
        assert all(same_bits(reader.record.parameters[name], array) for name, array in parameters.items())


def test_a_new_finding_replaces_the_old_and_moves_nothing(tmp_path):
    path = write(record(), tmp_path / "a.h5")
    before = path.read_bytes()
    update_finding(path, {"schema": 1, "cause": "log-of-negative", "why": "the input of log was -1"})
    after = path.read_bytes()
    first, last = (lambda differ: (differ[0], differ[-1]))([i for i in range(len(before)) if before[i] != after[i]])
    assert len(after) == len(before) and last - first < 64 * 1024
    with DumpReader(path, guard=False) as reader:
        assert reader.record.finding["cause"] == "log-of-negative"
        assert same_bits(reader.record.batch["cpu(0)/data"], record().batch["cpu(0)/data"])


def test_a_finding_too_long_for_its_room_is_shortened_and_says_so(tmp_path):
    path = write(record(), tmp_path / "a.h5")
    fixes = [{"do": f"lower the learning rate to 1e-{i}", "tried": True, "result": "finite"} for i in range(5000)]
    update_finding(path, {"schema": 1, "cause": "log-of-negative", "chain": [f"op {i}" for i in range(30_000)], "fixes": fixes})
    with h5py.File(str(path), "r") as file:
        finding = json.loads(file.attrs["finding"])
    assert finding["cause"] == "log-of-negative"
    assert finding["chain"][0] == "op 0" and finding["chain"][-1] == "op 29999"
    assert any("more left out" in each for each in finding["chain"])
    assert finding["fixes"][0] == fixes[0] and "more left out" in finding["fixes"][-1]["do"]


def test_a_finding_with_an_endless_sentence_is_cut(tmp_path):
    path = write(record(finding={"schema": 1, "why": "very " * 50_000, "cause": "unknown"}), tmp_path / "a.h5")
    with DumpReader(path, guard=False) as reader:
        assert reader.record.finding["why"].endswith(" ...") and reader.record.finding["cause"] == "unknown"


def test_one_array_at_a_time_is_asked_for_and_let_go(tmp_path):
    import weakref
    from collections.abc import Mapping

    class Lazy(Mapping):
        alive = []

        def __getitem__(self, name):
            assert not any(each() is not None for each in self.alive), "an earlier array is still held"
            array = np.ones(1 << 17)
            self.alive.append(weakref.ref(array))
            return array

        def __iter__(self):
            return iter(("a", "b", "c"))

        def __len__(self):
            return 3

    write(record(parameters=Lazy()), tmp_path / "a.h5")
    assert len(Lazy.alive) == 3


def test_a_closed_reader_says_so(tmp_path):
    with DumpReader(write(record(), tmp_path / "a.h5"), guard=False) as reader:
        parameters = reader.record.parameters
    with pytest.raises(DumpError, match="is closed"):
        parameters["scale"]
