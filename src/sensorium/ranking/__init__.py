"""What is shown: filters (`filters`), seen items left out and the best k (`top_k`).

Models score, ranking decides.
"""
