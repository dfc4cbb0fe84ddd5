"""Names for the numbers that travel between layers."""

from typing import NewType

ContactId = NewType("ContactId", int)
CallbackId = NewType("CallbackId", int)
CaseNumber = NewType("CaseNumber", str)
StationId = NewType("StationId", str)
InboxId = NewType("InboxId", int)
OutboxId = NewType("OutboxId", int)
ReminderId = NewType("ReminderId", int)
