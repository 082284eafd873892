import math

import pytest

from vibcli.registry import TASKS
from vibcli.store.records import Epoch, Selected
from vibcli.tasks import select as module
from vibcli.tasks.task import Task
