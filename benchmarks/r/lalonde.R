# LaLonde's people by MatchIt and survey: Rscript benchmarks/r/lalonde.R PEOPLE.csv
# PEOPLE.csv: the treated of the experiment and the comparison people of the population survey, as
# `python -m benchmarks.lalonde --people PEOPLE.csv` writes them. Prints JSON for tests/research/estimation/lalonde_in_r.json.
library(MatchIt)
suppressMessages(library(survey))
people <- read.csv(commandArgs(trailingOnly = TRUE)[1])
formula <- treat ~ age + educ + black + hisp + marr + nodegree + re74 + re75

logit <- glm(formula, data = people, family = binomial(), control = list(epsilon = 1e-14, maxit = 100))
odds <- with(people, ifelse(treat == 1, 1, exp(predict(logit))))
weighted <- lm(re78 ~ treat, data = people, weights = odds)


# regression among the comparison people by those odds, taken to the treated
regression <- lm(update(formula, re78 ~ . - treat), data = people, weights = odds, subset = treat == 0)
treated <- people[people$treat == 1, ]
doubly_robust <- mean(treated$re78 - predict(regression, treated))

# entropy balancing is calibration by raking to the treated's means
covariates <- all.vars(formula)[-1]
comparison <- svydesign(ids = ~1, weights = ~1, data = people[people$treat == 0, ])
totals <- c(`(Intercept)` = nrow(treated), colSums(treated[, covariates]))
raked <- calibrate(comparison, reformulate(covariates), totals, calfun = "raking", epsilon = 1e-12, maxit = 500)
entropy <- mean(treated$re78) - weighted.mean(people$re78[people$treat == 0], weights(raked))

people$logit <- predict(logit)
# the treated first, the largest logit first. Distances go in as a matrix: given one number a person, MatchIt 4.5.1
# passes over free neighbours at distance 0 and ends elsewhere (1947.68), as a few lines of R that try every pair show
people <- people[order(people$treat == 0, -people$logit), ]
distance <- with(people, abs(outer(logit[treat == 1], logit[treat == 0], "-")))
dimnames(distance) <- list(rownames(people)[people$treat == 1], rownames(people)[people$treat == 0])

effect <- function(...) {
  matched <- match.data(matchit(formula, data = people, method = "nearest", distance = distance, m.order = "data", ...))
  c(nrow(matched), unname(coef(lm(re78 ~ treat, data = matched, weights = weights))[2]))
}
# with replacement and more than one match MatchIt 4.5.1 errs (its own later notes say so): every pair is tried here;
# of those equally far below and above the lower come first, then the order of the file
pool <- people[people$treat == 0, ]
line <- as.integer(rownames(pool))
nearest_five <- apply(distance, 1, function(row) rownames(pool)[order(round(row, 9), round(pool$logit, 9), line)[1:5]])
with_replacement <- mean(people$re78[people$treat == 1]) - mean(people[c(nearest_five), "re78"])

found <- list(
  coefficients = unname(coef(logit)),
  weighting = unname(coef(weighted)[2]),
  doubly_robust = doubly_robust,
  entropy = entropy,
  nearest = effect(),
  nearest_exact_black = effect(exact = ~ black),
  nearest_two = effect(ratio = 2),
  nearest_five_with_replacement = c(sum(people$treat) + length(unique(c(nearest_five))), with_replacement)
)
number <- function(x) paste(formatC(x, digits = 15, format = "g"), collapse = ", ")
lines <- sapply(names(found), function(name) {
  value <- found[[name]]
  if (length(value) == 1) sprintf('  "%s": %s', name, number(value)) else sprintf('  "%s": [%s]', name, number(value))
})
cat("{\n", paste(c(lines, sprintf('  "made_by": "MatchIt %s, survey %s, %s"', packageVersion("MatchIt"), packageVersion("survey"), R.version.string)), collapse = ",\n"), "\n}\n", sep = "")
