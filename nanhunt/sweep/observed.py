"""What a sweep's results show together, in sentences that say only what was observed."""

from typing import Callable, Dict, Hashable, Iterable, List, Mapping, Sequence, Tuple

from nanhunt.diagnose.finding import Finding
from nanhunt.sweep.plan import Run, describe
from nanhunt.sweep.result import FINITE, FOUND, Result

Ended = Tuple[Run, Result]

_WORDS = {"hang": "hung", "failed": "failed", "interrupted": "interrupted", "not run": "not run"}


def observations(runs: Sequence[Run], results: Mapping[str, Result]) -> List[str]:
    """Sentences: of each setting's repeats, of each option's values, of all findings, and of how many runs nothing is said."""
    rows = [(run, results.get(run.key)) for run in runs]
    telling = [(run, result) for run, result in rows if result is not None and result.status in (FOUND, FINITE)]
    silent = [result.status if result is not None else "not run" for _, result in rows]
    others = [status for status in silent if status not in (FOUND, FINITE)]
    return [
        *_of_repeats(telling),
        *_of_values(runs, telling),
        *_of_all(telling),
        *_of_threads(telling),
        *_of_the_others(len(runs), others),
    ]


def _of_repeats(telling: Sequence[Ended]) -> Iterable[str]:
    for group in _grouped(telling, lambda run: run.label):
        if len(group) < 2:
            continue
        same_seed = len({run.seed for run, _ in group}) == 1
        seeds = f"with {'the same seed' if same_seed else 'different seeds'}"
        where = f"{group[0][0].label}: " if group[0][0].label else ""
        found = [result for _, result in group if result.status == FOUND]
        if not found:
            yield f"{where}{_all(len(group))} {seeds} stayed finite{_same_losses(group) if same_seed else ''}"
        else:
            share = _all(len(group)) if len(found) == len(group) else f"{len(found)} of {len(group)} runs"
            yield f"{where}non-finite in {share} {seeds}, at {_steps(found)}{_bit_equal(found) if same_seed else ''}"


def _all(runs: int) -> str:
    return {1: "the run", 2: "both runs"}.get(runs, f"all {runs} runs")


def _steps(found: Sequence[Result]) -> str:
    steps = [result.finding.iteration.step for result in found if result.finding is not None]
    if len(steps) == 1:
        return f"step {steps[0]}"
    if len(set(steps)) == 1:
        return f"the same step ({steps[0]})"
    different = "different steps" if len(set(steps)) == len(steps) else "steps"
    return f"{different} ({', '.join(map(str, steps))})"


def _bit_equal(found: Sequence[Result]) -> str:
    digests = {result.digest for result in found}
    if None in digests or len(found) < 2:
        return ""
    equal = "equal bit for bit" if len(digests) == 1 else "not equal in all bits"
    return f"; batch, parameters and statistics in their dumps are {equal}"


def _same_losses(group: Sequence[Ended]) -> str:
    same = "the same" if len({result.losses for _, result in group}) == 1 else "not the same"
    return f"; their losses are {same}, to the digits in the log"


def _of_values(runs: Sequence[Run], telling: Sequence[Ended]) -> Iterable[str]:
    """Of a value whose runs have all told, and all the same, where those of another value have not."""
    if len({result.status for _, result in telling}) < 2:
        return
    for name in dict.fromkeys(name for run in runs for name in run.setting):
        for group in _grouped(telling, lambda run: repr(run.setting.get(name))):  # noqa: B023
            value = group[0][0].setting.get(name)
            planned = sum(repr(run.setting.get(name)) == repr(value) for run in runs)
            if len(group) < planned or len({result.status for _, result in group}) > 1:
                continue
            least = min(result.iterations for _, result in group)
            more = " or more" if len({result.iterations for _, result in group}) > 1 else ""
            ended = f"stayed finite ({least} iterations{more})" if group[0][1].status == FINITE else "went non-finite"
            yield f"{_all(len(group))} with {describe({name: value})} {ended}"


def _of_all(telling: Sequence[Ended]) -> Iterable[str]:
    found = [result.finding for _, result in telling if result.finding is not None]
    several_settings = len({run.label for run, _ in telling}) > 1
    if several_settings and len(found) in (0, len(telling)):
        yield f"{_all(len(telling))} {'went non-finite' if found else 'stayed finite'}"
    if len(found) > 1:
        causes: Dict[str, int] = {}
        for finding in found:
            causes[finding.cause] = causes.get(finding.cause, 0) + 1
        yield f"cause: {', '.join(f'{cause} in {count}' for cause, count in causes.items())} of {len(found)} findings"
    only_loss = sum(map(_only_loss, found))
    if only_loss:
        those = "the finding" if len(found) == 1 else f"{only_loss} of {len(found)} findings"
        yield f"in {those} only the reported loss was non-finite: the gradients and the model were not"


def _of_threads(telling: Sequence[Ended]) -> Iterable[str]:
    numbers = sorted({result.threads for _, result in telling})
    if len(numbers) > 1:
        yield f"the runs had different numbers of threads ({', '.join(map(str, numbers))}), which alone can change results"


def _only_loss(finding: Finding) -> bool:
    spread = finding.spread
    return spread.loss and not (spread.gradients or spread.parameters or spread.aux or spread.optimizer)


def _of_the_others(planned: int, statuses: Sequence[str]) -> Iterable[str]:
    if statuses:
        counts = ", ".join(f"{statuses.count(each)} {_WORDS[each]}" for each in dict.fromkeys(statuses))
        yield f"{counts} of {planned} run{'s' if planned > 1 else ''}, of which nothing else is said here"


def _grouped(ended: Sequence[Ended], key: Callable[[Run], Hashable]) -> Iterable[List[Ended]]:
    groups: Dict[Hashable, List[Ended]] = {}
    for each in ended:
        groups.setdefault(key(each[0]), []).append(each)
    return list(groups.values())
