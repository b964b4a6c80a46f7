"""`lowbackground policy check|show`: whether a policy is right, and what it says."""

from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from lowbackground.pipeline.verdicts.conditions import Condition

app = typer.Typer(help="Policies: whether one is right, and what it says.", no_args_is_help=True)

CHECK_FAILED = 3  # as any gate that fires


@app.command()
def check(
    file: str = typer.Argument(help="A YAML file, or standard, strict or lenient.", metavar="FILE"),
) -> None:
    """Say which rules of FILE can never fire, and which human labels a broken check could hand out.

    Exit code 0 if there are none, 3 if there are, 2 if FILE is no policy.
    """
    from lowbackground.detectors.registry import documented_reasons
    from lowbackground.pipeline.judge import REASONS
    from lowbackground.pipeline.verdicts.policy_check import check as problems_of
    from lowbackground.pipeline.verdicts.policy_file import load_policy

    policy, reasons = load_policy(file), documented_reasons()
    problems = problems_of(policy, None if reasons is None else reasons | REASONS.keys())
    for problem in problems:
        typer.echo(f"{file}: rule {problem.rule}: {'can never fire: ' if problem.dead else ''}{problem.why}")
    if problems:
        raise typer.Exit(CHECK_FAILED)
    typer.echo(f"{file}: ok, {len(policy.rules)} rules, digest {policy.digest[:12]}", err=True)


@app.command()
def show(
    name: str = typer.Argument("standard", help="standard, strict, lenient, or a YAML file.", metavar="NAME"),
) -> None:
    """Print the rules of a policy in order, with its cut-offs, as it was understood."""
    from lowbackground.pipeline.verdicts.policy_file import load_policy

    policy = load_policy(name)
    typer.echo(f"{policy.name}  digest {policy.digest}")
    typer.echo("cut-offs  " + "  ".join(f"{kind} {day}" for kind, day in policy.cutoffs.items()))
    for number, rule in enumerate(policy.rules, 1):
        typer.echo(f"\n{number}. {rule.name} -> {rule.label}" + (f", kind {rule.kind}" if rule.kind else ""))
        for word, condition in (("when", rule.when), ("unless", rule.unless)):
            if condition is not None:
                typer.echo(f"   {word}")
                typer.echo("\n".join(f"      {line}" for line in _outline(condition)))


def _outline(condition: "Condition") -> list[str]:
    """A condition as an indented list: a line a mapping, and one above the parts of `all` and `any`."""
    from lowbackground.pipeline.verdicts.conditions import AllOf, Leaf, describe

    if isinstance(condition, Leaf):
        return [describe(condition)]
    word = "all of" if isinstance(condition, AllOf) else "any of"
    return [word, *(f"   {line}" for part in condition.parts for line in _outline(part))]
