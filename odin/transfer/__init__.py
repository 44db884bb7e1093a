"""Train on synthetic notes, test on real ones: what are synthetic notes worth?"""
