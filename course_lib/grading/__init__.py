"""Grade a class: a folder of notebooks that strangers wrote, by one command.

What a submission does can lower its verdict, and nothing else. The verdict is reached in the grader, by the engine
that checks answers in a notebook; the answer itself runs in a process of its own, without rights, and sends values.
"""
