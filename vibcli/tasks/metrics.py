"""How the metrics that several tasks have are shown."""

from vibcli.tasks.task import Shown

DISTORTION = {"distortion_nats": Shown("distortion", "{:.4f} nats")}
RATES = {
    "rate_nats": Shown("rate", "{:.3f} nats"),
    "rate_bits": Shown("rate", "{:.3f} bits"),
}
