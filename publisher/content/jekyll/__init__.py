"""What Jekyll makes of a body before Markdown does: Liquid, cut, checked and carried out."""
