"""The page's enum: members that are strings."""


class StrEnum(str):
    def __init_subclass__(cls):
        for name, value in list(vars(cls).items()):
            if name.isupper():
                setattr(cls, name, str.__new__(cls, value))
