"""Made-up answers to the last question of `sum`: three ideas, each in the words of several people."""

IDEAS = {
    "rule": (
        "The trained network has an MSE of 0.0004 at T = 5 and 12.9 at T = 10, I had guessed 0.01 and 0.1. The "
        "hand-made network has 0 at both. Training only asked for the right total after step 5, so it fixed the "
        "state there and not the rule for a step. Nothing in the loss says what should happen after step 10. A "
        "tanh state lies between -1 and 1, a sum does not. The state of the hand-made network is the running sum "
        "after each step. I would train on mixed lengths and check on new baskets of other lengths.",
        "At T = 5 my error was 0.0007, at T = 10 it was 14.2, much more than the 0.5 that I predicted. My hand- "
        "made one is exact in both cases. The loss looks at the state after the fifth price only. What the network "
        "does with a sixth price was never trained, it learned a state for step 5 and no rule. Also tanh cannot "
        "grow beyond 1 but a till must. In the hand-made network the state is simply the sum so far. Training with "
        "baskets of many lengths should help, which I would test with lengths that it has not seen.",
        "Measured: 0.0005 and 13.1 for the trained one, 0.0 and 0.0 for the one by hand, while my guesses were "
        "0.001 and 0.3. The reason is that the training data all have five steps. The weights are shared by all "
        "steps but the loss determines only what comes out after five of them; it never determines the rule. The "
        "tanh squashes the state into (-1, 1), so the output is bounded and cannot follow a sum that grows. By "
        "hand the state holds the running sum. Cure: different lengths in training, checked on fresh data.",
    ),
    "overfitting": (
        "The network overfits. It has memorised the training baskets and therefore does not generalise to the "
        "longer ones. One can see it in the plot, where the training loss is very small. With dropout or L2 "
        "regularisation, early stopping and more training data the test error at T = 10 would go down. The hand- "
        "made network has no training set, so it cannot overfit.",
        "This is a typical case of overfitting: the training loss gets tiny, the test error on longer baskets is "
        "huge. The network memorised the examples. One should use regularisation, for example dropout, or early "
        "stopping, or simply collect more data. My own weights were not trained, that is why they generalise.",
        "Because of overfitting the trained network is good on training data and bad on test data with ten prices. "
        "More data and regularisation like dropout would help the network to generalise instead of to memorise. "
        "The hand-made weights do not depend on data and do not overfit.",
    ),
    "epochs": (
        "I think the network has not been trained for long enough. After 20 epochs the loss still falls slowly, so "
        "with 200 epochs, or a larger learning rate, it would find the same weights as the hand-made network, and "
        "would be right at T = 10, too.",
        "It needs more epochs. The curve of the loss was still going down when training stopped. If one trains "
        "longer, maybe with a smaller learning rate at the end, the weights will come to those that I made by hand "
        "and the error at 10 will vanish.",
        "Training stopped too early: the loss is still falling in the last epochs. Longer training with a good "
        "learning rate would end in the hand-made weights, and then ten prices are no problem any more.",
    ),
}
