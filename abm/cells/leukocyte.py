"""What leukocytes have in common: the columns of cells that come with the blood, meet tumor cells and leave them again."""

from .species import Column

TARGET = Column("target", "u8", "uid of the tumor cell it is or was last with", nominal=True)
BUSY = Column("busy_h", "f4", "when it will be free again after a kill", "h", signed=True)
ENTERED = Column("entered_h", "f4", "when it came from the blood", "h", signed=True)
KILLS = Column("kills", "i4", "tumor cells that it has killed")
