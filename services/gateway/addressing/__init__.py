"""Is a message meant for the assistant?"""
