"""A comparison of autoencoders in words."""

from vibcli.comparison.compare_inputs import InputComparison, Row
from vibcli.comparison.verdict import established, left_out, reach


def verdict(result: InputComparison) -> tuple[str, ...]:
    """A sentence for each autoencoder but the first, then what the tests could have found."""
    reference = result.rows[0]
    lines = [_sentence(row, reference) + left_out(row, reference) for row in result.rows[1:]]
    return (*lines, *reach(result))


# quantity: what it is in a sentence, in words if it is lower and higher, and how it is written
CLAIMS = {
    "distortion_at_mean_nats": ("reconstruction", "better", "worse", "{:+.2f} nats"),
    "sample_energy": ("samples of the prior", "closer to the data", "farther off", "{:+.4f}"),
    "elbo_nats": ("ELBO", "lower", "higher", "{:+.2f} nats"),
    "iwae_nats": ("importance-weighted bound", "lower", "higher", "{:+.2f} nats"),
}


def _sentence(row: Row, reference: Row) -> str:
    parts = []
    for key, (title, lower, higher, form) in CLAIMS.items():
        finding = row.findings.get(key)
        if finding is None or (difference := finding.difference) is None:
            continue
        if difference.low is None or difference.high is None:
            parts.append(f"{title} {form.format(difference.mean)}, from one seed")
            continue
        said = {1: higher, -1: lower, 0: "open which is better"}[difference.sign]
        if difference.sign and not established(finding):
            said = f"seemingly {said}"
        ends = f"{form.format(difference.low)} to {form.format(difference.high)}"
        parts.append(
            f"{title}: {said} ({form.format(difference.mean)}, 95% interval {ends}, "
            f"p = {finding.p:.3g}, {finding.p_holm:.3g} after Holm)"
        )
    if not parts:
        return f"{row.name} and {reference.name} share no seed, so nothing can be said about them."
    return f"{row.name} against {reference.name}: {'; '.join(parts)}."
